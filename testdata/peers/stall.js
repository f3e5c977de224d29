// k6 against a server that stalls: eight connections, each sends a message, waits
// for its echo, and 20 ms later sends the next. For the README's comparison:
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
