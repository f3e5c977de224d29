// k6 as a closed loop of WebSocket echoes: each connection sends a message when the previous
// echo has arrived. All connections start and end together, and only messages within SECONDS
// are counted; `all` includes the others, for comparison with the server's count.
import ws from 'k6/ws';
import { Counter, Trend } from 'k6/metrics';
import { summary } from './k6-summary.js';

const counted = new Counter('counted');
const all = new Counter('all');
const response = new Trend('response', true);
const timed = __ENV.TIMED === '1'; // measures each message, as the other tools do
const vus = Number(__ENV.CONNECTIONS);
const seconds = Number(__ENV.SECONDS);
const message = 'x'.repeat(Number(__ENV.SIZE));

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
    let sent;
    socket.on('open', () => {
      sent = Date.now();
      socket.send(message);
    });
    socket.on('message', () => {
      const now = Date.now();
      received++;
      if (now >= to) {
        socket.close();
        return;
      }
      if (now >= from) {
        inside++;
        if (timed) response.add(now - sent);
      }
      sent = now;
      socket.send(message);
    });
  });
  // Once per connection: a Counter costs k6 more than a message does.
  counted.add(inside);
  all.add(received);
}

export const handleSummary = ({ metrics }) => summary(metrics, seconds);
