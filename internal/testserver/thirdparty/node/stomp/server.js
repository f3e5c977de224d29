// A STOMP broker, stomp-broker-js, which sends no message back to its sender, and an application that answers those to
// /app/echo.NAME on /topic/NAME. The broker closes a connection that offers heartbeats and sends nothing for 2 s.
'use strict';

const http = require('node:http');
const StompServer = require('stomp-broker-js');
const ledger = require('./ledger.js');

const server = http.createServer();
const broker = new StompServer({ server, path: '/stomp', heartbeat: [0, 100], heartbeatErrorMargin: 1900 });

broker.socket.on('connection', (ws) => {
  ledger.enter();
  ws.on('message', (data) => { if (data === '\n') ledger.count('pings'); });
  ws.on('close', (code) => {
    ledger.closed('/stomp', code);
    ledger.leave();
  });
});
broker.on('connected', () => ledger.opened('/stomp'));
broker.subscribe('/app/echo.*', (body, headers) => {
  const { destination, request, 'content-type': type } = headers;
  const to = destination.replace('/app/echo.', '/topic/');
  ledger.received('/stomp', 0);
  ledger.sent('/stomp', 0);
  broker.send(to, { destination: to, request, 'content-type': type }, body);
});

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, () => server.closeAllConnections()));
