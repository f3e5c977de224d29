// Phoenix's own client: pushes so many events to a channel and counts the replies.
'use strict';

const { Socket } = require('phoenix');
const WebSocket = require('ws');

const [, , address, count] = process.argv;
const socket = new Socket(`ws://${address}/socket`, { transport: WebSocket, heartbeatIntervalMs: 100 });
socket.connect();
const channel = socket.channel('judge', {});
let replies = 0;
channel.join().receive('ok', () => {
  for (let i = 0; i < Number(count); i++) {
    channel.push('say', { text: `message ${i}` }).receive('ok', ({ text }) => { if (text === `message ${i}`) replies++; });
  }
  setTimeout(() => { // more than two heartbeats
    process.stdout.write(JSON.stringify({ replies, open: socket.isConnected() }) + '\n', () => process.exit(0));
  }, 500);
});
