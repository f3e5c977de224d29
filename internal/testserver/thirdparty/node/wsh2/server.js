// A server of WebSocket over HTTP/2 (RFC 8441): Node's http2, with the frames of the ws library.
//
// /echo echoes text and binary messages
// /room sends each message to everyone on the route, including the sender
//
// {"after": ms} in a message delays the reply. The ledger counts HTTP/2 sessions as well as WebSockets.
'use strict';

const fs = require('node:fs');
const http2 = require('node:http2');
const { WebSocket } = require('ws');
const ledger = require('./ledger.js');

const settings = { enableConnectProtocol: true };
const server = process.env.CERT
  ? http2.createSecureServer({ settings, cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY) })
  : http2.createServer({ settings });

const clients = new Set();
const sessions = new Set();

const routes = {
  '/echo': (ws, data, binary) => send(ws, data, binary),
  '/room': (ws, data, binary) => clients.forEach((client) => client.route === ws.route && send(client, data, binary)),
};

function send(ws, data, binary) {
  if (ws.readyState !== WebSocket.OPEN) return;
  ledger.sent(ws.route, data.length);
  ws.send(data, { binary });
}

server.on('session', (session) => {
  ledger.count('sessions');
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
});

server.on('stream', (stream, headers) => {
  const route = headers[':path'].split('?')[0];
  if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket' || !routes[route]) {
    ledger.refused(route, 404);
    stream.respond({ ':status': 404 }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200 });
  stream.setNoDelay = () => {}; // ws expects a socket
  const ws = new WebSocket(null, undefined, {});
  ws.route = route;
  ws.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 1 << 20, skipUTF8Validation: false });
  clients.add(ws);
  ledger.enter();
  ledger.opened(route);
  ws.on('error', () => ledger.count('errors'));
  ws.on('message', (data, binary) => {
    ledger.received(route, data.length);
    ledger.after(data, () => routes[route](ws, data, binary));
  });
  ws.on('close', (code) => {
    clients.delete(ws);
    ledger.closed(route, code);
    ledger.leave();
  });
});

function stop() {
  clients.forEach((ws) => ws.close(1001));
  return new Promise((done) => {
    server.close(done);
    sessions.forEach((session) => session.close());
  });
}

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, stop));
