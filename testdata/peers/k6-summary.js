// The result of a k6 closed loop for the runner: messages counted within the measured time, and
// times in k6's whole milliseconds.
export function summary(metrics, seconds) {
  const count = (m) => (m ? m.values.count : 0);
  const times = metrics.response ? metrics.response.values : {};
  return {
    [__ENV.OUT]: JSON.stringify({
      counted: count(metrics.counted),
      all: count(metrics.all),
      seconds,
      p50_ms: times.med || 0,
      p99_ms: times['p(99)'] || 0,
    }),
  };
}
