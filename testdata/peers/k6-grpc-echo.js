// k6 as a closed loop of gRPC echoes: CONNECTIONS clients with STREAMS streams each. As in
// k6-echo.js, all start and end together and only messages within SECONDS are counted.
import grpc from 'k6/net/grpc';
import { Counter, Trend } from 'k6/metrics';
import { summary } from './k6-summary.js';

const counted = new Counter('counted');
const all = new Counter('all');
const response = new Trend('response', true);
const timed = __ENV.TIMED === '1';
const streams = Number(__ENV.STREAMS);
const seconds = Number(__ENV.SECONDS);
const message = { payload: __ENV.PAYLOAD }; // in base64, as JSON requires

const client = new grpc.Client();
client.load([__ENV.PROTO_DIR], 'bench.proto');

export const options = {
  scenarios: {
    echo: {
      executor: 'per-vu-iterations',
      vus: Number(__ENV.CONNECTIONS),
      iterations: 1,
      maxDuration: `${seconds + 20}s`,
    },
  },
  summaryTrendStats: ['med', 'p(99)'],
};

export function setup() {
  const from = Date.now() + 1500;
  return { from, to: from + seconds * 1000 };
}

export default function ({ from, to }) {
  let inside = 0;
  let received = 0;
  let open = streams;
  client.connect(__ENV.TARGET, { plaintext: true });

  const start = () => {
    const stream = new grpc.Stream(client, 'rtbench.bench.Bench/Echo', {
      metadata: { 'rtbench-call': 'pattern=echo' },
    });
    let sent = Date.now();
    stream.on('data', () => {
      const now = Date.now();
      received++;
      if (now >= to) {
        stream.end();
        return;
      }
      if (now >= from) {
        inside++;
        if (timed) response.add(now - sent);
      }
      sent = now;
      stream.write(message);
    });
    stream.on('end', () => {
      if (--open > 0) return;
      counted.add(inside);
      all.add(received);
      client.close();
    });
    stream.write(message);
  };
  for (let i = 0; i < streams; i++) start();
}

export const handleSummary = ({ metrics }) => summary(metrics, seconds);
