// k6 in an open loop of WebSocket echoes: each of CONNECTIONS sends a message every PERIOD ms, a whole number, as
// k6's timers have no others. A time counts from the moment when k6 sends, not from when the message was due. Echoes
// that arrive within SECONDS are counted; `all` includes the others, for comparison with the server's count.
import ws from 'k6/ws';
import { Counter, Trend } from 'k6/metrics';
import { summary } from './k6-summary.js';

const counted = new Counter('counted');
const all = new Counter('all');
const response = new Trend('response', true);
const vus = Number(__ENV.CONNECTIONS);
const seconds = Number(__ENV.SECONDS);
const stamp = 13; // digits of a time in ms
const message = 'x'.repeat(Number(__ENV.SIZE) - stamp);

export const options = {
  scenarios: {
    echo: { executor: 'per-vu-iterations', vus, iterations: 1, maxDuration: `${seconds + 20}s` },
  },
  summaryTrendStats: ['med', 'p(99)'],
};

// The warm-up opens the connections: 1 s plus 1 ms per connection.
export function setup() {
  const from = Date.now() + 1000 + vus;
  return { from, to: from + seconds * 1000 };
}

export default function ({ from, to }) {
  let inside = 0;
  let received = 0;
  ws.connect(__ENV.URL, null, (socket) => {
    socket.on('open', () => socket.setInterval(() => {
      const now = Date.now();
      if (now < to) socket.send(now + message);
    }, Number(__ENV.PERIOD)));
    socket.on('message', (data) => {
      const now = Date.now();
      received++;
      if (now < from || now >= to) return;
      inside++;
      response.add(now - Number(data.slice(0, stamp)));
    });
    socket.setTimeout(() => socket.close(), to - Date.now() + 500); // once the last echo has arrived
  });
  counted.add(inside);
  all.add(received);
}

export const handleSummary = ({ metrics }) => summary(metrics, seconds);
