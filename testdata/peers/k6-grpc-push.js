// k6 receiving a flood from a gRPC server: CONNECTIONS clients with STREAMS streams each.
//
// k6 reads streams independently of the script and queues messages without a bound. So the
// server stops after FLOOD seconds, the script processes the rest, and a message counts once
// the script has it. The measured time runs from the first to the last of them; for part of it
// the server is idle and k6 has all cores.
import grpc from 'k6/net/grpc';
import { Counter, Trend } from 'k6/metrics';

const all = new Counter('all');
const at = new Trend('at');
const streams = Number(__ENV.STREAMS);
const flood = Number(__ENV.FLOOD);

const client = new grpc.Client();
client.load([__ENV.PROTO_DIR], 'bench.proto');

export const options = {
  scenarios: {
    push: {
      executor: 'per-vu-iterations',
      vus: Number(__ENV.CONNECTIONS),
      iterations: 1,
      maxDuration: `${20 * flood + 20}s`,
    },
  },
  summaryTrendStats: ['min', 'max'],
};

export default function () {
  const to = Date.now() + flood * 1000;
  let received = 0;
  let open = streams;
  let closed = false;
  client.connect(__ENV.TARGET, { plaintext: true });

  const start = () => {
    const stream = new grpc.Stream(client, 'rtbench.bench.Bench/Push', {
      metadata: { 'rtbench-call': `pattern=push&size=${__ENV.SIZE}` },
    });
    stream.on('data', () => {
      if (received++ === 0) at.add(Date.now());
      if (!closed && Date.now() >= to) {
        closed = true;
        client.close(); // the only way to end a stream that the server never ends
      }
    });
    stream.on('error', () => {}); // reported for each stream when the client closes
    stream.on('end', () => {
      if (--open > 0) return;
      at.add(Date.now());
      all.add(received);
    });
    stream.write({});
    stream.end();
  };
  for (let i = 0; i < streams; i++) start();
}

export function handleSummary({ metrics }) {
  const count = metrics.all ? metrics.all.values.count : 0;
  const span = metrics.at ? metrics.at.values.max - metrics.at.values.min : 0;
  return {
    [__ENV.OUT]: JSON.stringify({ counted: count, all: count, seconds: span / 1000, p50_ms: 0, p99_ms: 0 }),
  };
}
