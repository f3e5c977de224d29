// A GraphQL server, graphql-ws on ws. The query "echo" returns its argument.
//
// It pings each connection every 200 ms, as the protocol allows, and closes one that has not answered for 2 s with 4408.
'use strict';

const http = require('node:http');
const { buildSchema } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { WebSocketServer } = require('ws');
const ledger = require('./ledger.js');

const route = '/graphql';
const server = http.createServer();
const wss = new WebSocketServer({ server, path: route });

useServer({
  schema: buildSchema('type Query { echo(text: String!): String! }'),
  roots: { query: { echo: ({ text }) => text } },
  onConnect: ({ extra }) => {
    ledger.opened(route);
    extra.drop = setTimeout(() => extra.socket.close(4408, 'no pong'), 2000);
    extra.pings = setInterval(() => {
      ledger.count('pings');
      extra.socket.send(JSON.stringify({ type: 'ping' }));
    }, 200);
  },
  onPong: ({ extra }) => {
    ledger.count('pongs');
    extra.drop.refresh();
  },
  onSubscribe: () => ledger.received(route, 0),
  onNext: () => ledger.sent(route, 0),
  onDisconnect: ({ extra }) => {
    clearTimeout(extra.drop);
    clearInterval(extra.pings);
  },
}, wss);

wss.on('connection', (ws) => {
  ledger.enter();
  ws.on('close', (code) => {
    ledger.closed(route, code);
    ledger.leave();
  });
});

function stop() {
  wss.clients.forEach((ws) => ws.terminate());
  server.close();
}

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, stop));
