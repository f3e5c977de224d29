// The client @stomp/stompjs: sends so many messages and counts the answers.
'use strict';

const { Client } = require('@stomp/stompjs');
const WebSocket = require('ws');

const [, , address, count] = process.argv;
let replies = 0;
const client = new Client({
  webSocketFactory: () => new WebSocket(`ws://${address}/stomp`, ['v12.stomp']),
  heartbeatOutgoing: 100,
  heartbeatIncoming: 0,
  reconnectDelay: 0,
  onConnect: () => {
    client.subscribe('/topic/judge', (message) => {
      if (message.body === `message ${replies}`) replies++;
    });
    for (let i = 0; i < Number(count); i++) client.publish({ destination: '/app/echo.judge', body: `message ${i}` });
    setTimeout(() => { // more than two heartbeats
      process.stdout.write(JSON.stringify({ replies, open: client.connected }) + '\n');
      client.deactivate();
    }, 500);
  },
});
client.activate();
