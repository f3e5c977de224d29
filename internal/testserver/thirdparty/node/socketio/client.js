// Socket.IO's own client: emits so many events and counts their acknowledgements.
'use strict';

const { io } = require('socket.io-client');

const [, , address, count] = process.argv;
const socket = io(`http://${address}`, { transports: ['websocket'] });
socket.on('connect', async () => {
  let replies = 0;
  for (let i = 0; i < Number(count); i++) {
    const said = await socket.emitWithAck('say', { text: `message ${i}` });
    if (said.text === `message ${i}`) replies++;
  }
  setTimeout(() => { // more than two pings
    process.stdout.write(JSON.stringify({ replies, open: socket.connected }) + '\n');
    socket.close();
  }, 500);
});
