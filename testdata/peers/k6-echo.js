// k6 as a closed loop of WebSocket echoes: each of VUS connections sends a message
// when the one before came back. All begin and end together, and only the SECONDS
// between are counted; `all` has the rest too, for what the server says it received.
import ws from 'k6/ws';
import { Counter, Trend } from 'k6/metrics';
import { summary } from './k6-summary.js';

const counted = new Counter('counted');
const all = new Counter('all');
const response = new Trend('response', true);
const timed = __ENV.TIMED === '1'; // each message gets its time, as in the other tools
const vus = Number(__ENV.CONNECTIONS);
const seconds = Number(__ENV.SECONDS);
const message = 'x'.repeat(Number(__ENV.SIZE));

export const options = {
  scenarios: {
    echo: { executor: 'per-vu-iterations', vus, iterations: 1, maxDuration: `${seconds + 20}s` },
  },
  summaryTrendStats: ['med', 'p(99)'],
};

// The warm-up is for opening the connections: 1 s and a millisecond for each.
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
  // Once, not for each message: a Counter costs k6 more than the message does.
  counted.add(inside);
  all.add(received);
}

export const handleSummary = ({ metrics }) => summary(metrics, seconds);
