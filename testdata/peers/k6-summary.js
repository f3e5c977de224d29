// What a closed loop of k6 hands to the runner: counted within the seconds that count,
// and times in whole milliseconds, as k6 has them.
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
