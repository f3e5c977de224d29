// Phoenix channels in Node: Phoenix itself runs on Erlang, and its library for Node is only a client, whose
// Serializer reads and writes the messages here. The event "say" is answered with what it brought, and broadcast
// without a ref; a topic that starts with "private" is refused.
//
// The server drops a connection that sends nothing for 2 s.
'use strict';

const http = require('node:http');
const { Serializer } = require('phoenix');
const { WebSocketServer } = require('ws');
const ledger = require('./ledger.js');

const server = http.createServer();
const wss = new WebSocketServer({ server, path: '/socket/websocket' });

const encode = (message) => new Promise((done) => { Serializer.encode(message, done); });
const decode = (text) => new Promise((done) => { Serializer.decode(text, done); });

// reply returns the answer to a message.
const reply = ({ join_ref, ref, topic }, status, response) => (
  encode({ join_ref, ref, topic, event: 'phx_reply', payload: { status, response } })
);

wss.on('connection', (ws, request) => {
  ledger.enter();
  if (!request.url.includes('vsn=2.0.0')) return ws.close(1002, 'another serializer');
  const drop = setTimeout(() => ws.terminate(), 2000);
  const joined = new Map(); // join_ref by topic
  ws.on('message', async (data) => {
    drop.refresh();
    const message = await decode(data.toString());
    const { topic, event, payload } = message;
    if (topic === 'phoenix' && event === 'heartbeat') {
      ledger.count('pings');
      return ws.send(await reply(message, 'ok', {}));
    }
    if (event === 'phx_join') {
      if (topic.startsWith('private')) return ws.send(await reply(message, 'error', { reason: 'unauthorized' }));
      joined.set(topic, message.join_ref);
      ledger.opened(topic);
      return ws.send(await reply(message, 'ok', {}));
    }
    if (event !== 'say' || joined.get(topic) !== message.join_ref) return ws.send(await reply(message, 'error', { reason: 'unmatched topic' }));
    ledger.received(topic, data.length);
    ledger.sent(topic, data.length);
    return ws.send(await reply(message, 'ok', payload));
  });
  ws.on('close', (code) => {
    clearTimeout(drop);
    for (const topic of joined.keys()) ledger.closed(topic, code);
    ledger.leave();
  });
  return undefined;
});

function stop() {
  wss.clients.forEach((ws) => ws.terminate());
  server.close();
}

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, stop));
