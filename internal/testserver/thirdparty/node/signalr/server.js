// A hub of SignalR's JSON protocol, in Node: Microsoft's library for Node is only a client, whose JsonHubProtocol
// reads and writes the messages here. The method Echo returns its argument; Fail completes with an error.
//
// The server pings every 200 ms and drops a connection that sends nothing for 2 s.
'use strict';

const http = require('node:http');
const { JsonHubProtocol, MessageType, NullLogger } = require('@microsoft/signalr');
const { WebSocketServer } = require('ws');
const ledger = require('./ledger.js');

const route = '/hub';
const protocol = new JsonHubProtocol();
const server = http.createServer();
const wss = new WebSocketServer({ server });

// complete returns the completion of an invocation.
function complete({ invocationId, target, arguments: [argument] }) {
  if (target === 'Echo') return { type: MessageType.Completion, invocationId, result: argument };
  return { type: MessageType.Completion, invocationId, error: `no method ${target}` };
}

wss.on('connection', (ws) => {
  ledger.enter();
  ledger.opened(route);
  const drop = setTimeout(() => ws.terminate(), 2000);
  const pings = setInterval(() => {
    ws.send(protocol.writeMessage({ type: MessageType.Ping }));
    ledger.count('pings');
  }, 200);
  let open = false;
  ws.on('message', (data) => {
    drop.refresh();
    const text = data.toString();
    if (!text.endsWith('\x1e')) return ws.close(1002, 'a record without its separator');
    if (!open) {
      const { protocol: name, version } = JSON.parse(text.slice(0, -1));
      open = name === 'json' && version === 1;
      ws.send(JSON.stringify(open ? {} : { error: `no protocol ${name}` }) + '\x1e');
      return undefined;
    }
    let out = '';
    for (const message of protocol.parseMessages(text, NullLogger.instance)) {
      if (message.type === MessageType.Ping) ledger.count('pongs');
      if (message.type !== MessageType.Invocation) continue;
      ledger.received(route, text.length);
      out += protocol.writeMessage(complete(message));
      ledger.sent(route, out.length);
    }
    if (out) ws.send(out);
    return undefined;
  });
  ws.on('close', (code) => {
    clearTimeout(drop);
    clearInterval(pings);
    ledger.closed(route, code);
    ledger.leave();
  });
});

function stop() {
  wss.clients.forEach((ws) => ws.terminate());
  server.close();
}

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, stop));
