// A server with Node's ws library, with permessage-deflate and context takeover.
//
// /echo    echoes text and binary messages
// /room    sends each message to everyone on the route, including the sender
// /others  sends each message to everyone else on the route
// /limited is /room, and drops everyone for whom more than 64 KiB wait to be sent
// /alive   is /echo, and drops a client that has not answered a ping within a second
// /session {"op": "open"} -> {"session": {"id": …}}, once; {"op": "leave"} has no reply; any other
//          {"id": n, "op": …} -> {"id": n}, with "session" in each; another's closes with 4001.
//          The header X-Session of the handshake has the ID as well, and opens it
//
// /generate {"prompt": …, "tokens": n} -> n times {"token": text}, then {"done": true}; prompt "die": the
//          connection breaks after half of them
//
// {"after": ms} in a message delays the reply.
//
// On SIGUSR2 it restarts: it drops all connections, listens again after 300 ms on the same port, and then
// refuses as many upgrades as it dropped connections.
//
// The server pings each connection every second; the ledger counts pings and pongs, and
// the client's pings.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { WebSocket, WebSocketServer } = require('ws');
const ledger = require('./ledger.js');

const server = process.env.CERT
  ? https.createServer({ cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY) })
  : http.createServer();

const wss = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });

const routes = {
  '/echo': echo,
  '/room': (ws) => broadcast(ws, () => true),
  '/others': (ws) => broadcast(ws, (client) => client !== ws),
  '/limited': (ws) => broadcast(ws, (client) => client.bufferedAmount <= 65536 || client.terminate()),
  '/alive': alive,
  '/session': session,
  '/generate': generate,
};

function send(ws, data, binary) {
  if (ws.readyState !== WebSocket.OPEN) return;
  ledger.sent(ws.route, data.length);
  ws.send(data, { binary });
}

function echo(ws) {
  ws.on('message', (data, binary) => ledger.after(data, () => send(ws, data, binary)));
}

// alive is the heartbeat of the README of ws.
function alive(ws) {
  echo(ws);
  let answered = true;
  const beat = setInterval(() => {
    if (!answered) {
      ws.terminate();
      return;
    }
    answered = false;
    ws.ping();
  }, 1000);
  ws.on('pong', () => { answered = true; });
  ws.on('close', () => clearInterval(beat));
}

// broadcast sends each message to the clients on the same route for which receives returns
// true.
function broadcast(ws, receives) {
  ws.on('message', (data, binary) => ledger.after(data, () => wss.clients.forEach((client) => {
    if (client.route === ws.route && receives(client)) send(client, data, binary);
  })));
}

function session(ws, request) {
  let { id } = request;
  ws.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.op === 'open') {
      id = crypto.randomUUID();
      send(ws, JSON.stringify({ session: { id } }), false);
    } else if (message.session !== id) {
      ws.close(4001, 'not your session');
    } else if (message.op !== 'leave') {
      ledger.kind(message.op);
      send(ws, JSON.stringify({ id: message.id, session: id }), false);
    }
  });
}

function generate(ws) {
  ws.on('message', (data) => {
    const { prompt, tokens } = JSON.parse(data);
    ledger.kind(prompt);
    let n = 0;
    const timer = setInterval(() => {
      if (ws.readyState !== WebSocket.OPEN) return clearInterval(timer);
      if (prompt === 'die' && n === tokens / 2) return ws.terminate();
      if (n++ < tokens) return send(ws, JSON.stringify({ token: `word ${n}` }), false);
      clearInterval(timer);
      ws.send(JSON.stringify({ done: true }));
    }, 5);
  });
}

wss.on('headers', (headers, request) => {
  request.id = crypto.randomUUID();
  headers.push(`X-Session: ${request.id}`);
});

wss.on('connection', (ws, request) => {
  ws.route = request.url.split('?')[0];
  ledger.enter();
  ledger.opened(ws.route);
  ws.on('error', () => ledger.count('errors'));
  ws.on('pong', () => ledger.count('pongs'));
  ws.on('ping', () => ledger.count('pinged'));
  ws.on('message', (data) => ledger.received(ws.route, data.length));
  ws.on('close', (code) => {
    ledger.closed(ws.route, code);
    ledger.leave();
  });
  routes[ws.route](ws, request);
});

server.on('upgrade', (request, socket, head) => {
  const route = request.url.split('?')[0];
  if (refuses > 0) {
    refuses--;
    ledger.refused(route, 503);
    socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    return;
  }
  if (!routes[route]) {
    ledger.refused(route, 404);
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    return;
  }
  wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request));
});

let refuses = 0;
process.on('SIGUSR2', () => {
  const { port } = server.address();
  refuses = wss.clients.size;
  wss.clients.forEach((ws) => ws.terminate());
  server.close(() => setTimeout(() => server.listen(port, '127.0.0.1'), 300));
  server.closeAllConnections();
});

const pings = setInterval(() => {
  wss.clients.forEach((ws) => {
    if (ws.readyState !== WebSocket.OPEN) return;
    ws.ping();
    ledger.count('pings');
  });
}, 1000);

function stop() {
  clearInterval(pings);
  wss.clients.forEach((ws) => ws.close(1001));
  return new Promise((done) => {
    server.close(done);
    server.closeIdleConnections();
  });
}

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, stop));
