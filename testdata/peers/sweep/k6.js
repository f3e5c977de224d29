// k6 at a rate, for the comparison in docs/capacity.md: each of CONNECTIONS sends a message every PERIOD ms, and
// measures from the moment when it sends. PERIOD is whole milliseconds, since k6's timers are. k6 counts the messages
// that it sent (ws_msgs_sent).
//   k6 run -e URL=ws://127.0.0.1:9200 -e CONNECTIONS=50 -e PERIOD=10 testdata/peers/sweep/k6.js
import ws from 'k6/ws';
import { Trend } from 'k6/metrics';

const response = new Trend('response', true);
const message = 'x'.repeat(104);
const seconds = Number(__ENV.SECONDS || 6);

export const options = {
  scenarios: {
    echo: { executor: 'per-vu-iterations', vus: Number(__ENV.CONNECTIONS), iterations: 1, maxDuration: `${seconds + 20}s` },
  },
  summaryTrendStats: ['count', 'med', 'p(99)', 'max'],
};

export default function () {
  ws.connect(__ENV.URL, null, (socket) => {
    const began = Date.now();
    socket.on('open', () => socket.setInterval(() => socket.send(`${Date.now()} ${message}`), Number(__ENV.PERIOD)));
    socket.on('message', (data) => {
      const now = Date.now();
      if (now - began > 1000) response.add(now - Number(data.slice(0, 13))); // after the warm-up
    });
    socket.setTimeout(() => socket.close(), 1000 * seconds);
  });
}
