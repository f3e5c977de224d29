// k6 against a server that stalls: each of eight connections sends a message, waits for
// its echo and sends the next 20 ms later. For the comparison in README.md:
//   rtbench serve --fault stall=400ms/2s &
//   k6 run testdata/peers/stall.js
import ws from 'k6/ws';
import { Trend } from 'k6/metrics';

const response = new Trend('response', true);

export const options = {
  vus: 8,
  duration: '20s',
  summaryTrendStats: ['count', 'med', 'p(90)', 'p(99)', 'max'],
};

export default function () {
  ws.connect('ws://127.0.0.1:9002/bench?pattern=echo&text=1', null, (socket) => {
    let sent;
    const send = () => {
      sent = Date.now();
      socket.send('x'.repeat(128));
    };
    socket.on('open', send);
    socket.on('message', () => {
      response.add(Date.now() - sent);
      socket.setTimeout(send, 20);
    });
    socket.setTimeout(() => socket.close(), 19000);
  });
}
