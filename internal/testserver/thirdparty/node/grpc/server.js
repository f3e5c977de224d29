// A server for proto/chat/v1/chat.proto with grpc-js and reflection.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const { ReflectionService } = require('@grpc/reflection');
const ledger = require('./ledger.js');

const definition = protoLoader.loadSync('chat/v1/chat.proto', {
  includeDirs: [process.env.PROTO], keepCase: true, longs: String, defaults: true, oneofs: true,
});
const chat = grpc.loadPackageDefinition(definition).chat.v1;

const period = 10;

// Encoded sizes of received messages.
const sizes = new WeakMap();

function measured(service) {
  for (const method of Object.values(service)) {
    const { requestDeserialize } = method;
    method.requestDeserialize = (buffer) => {
      const message = requestDeserialize(buffer);
      sizes.set(message, buffer.length);
      return message;
    };
  }
  return service;
}

// counted counts a call. Its key in closed is the status as the handler saw the call end.
function counted(method, call) {
  const { path, responseSerialize } = method;
  let left = false;
  ledger.enter();
  ledger.opened(path);
  if (call.metadata.get('x-seen').length > 0) ledger.opened(seen(path, call));
  function leave(status) {
    if (left) return;
    left = true;
    ledger.closed(path, status);
    ledger.leave();
  }
  call.on('cancelled', () => leave('CANCELLED'));
  call.on('error', () => leave('UNKNOWN'));
  return {
    received(message) { ledger.received(path, sizes.get(message)); },
    sent(message) { ledger.sent(path, responseSerialize(message).length); },
    done() { leave('OK'); },
    left() { return left; },
  };
}

// seen returns a call as received: its method, :authority and x-... metadata.
function seen(path, call) {
  const parts = [path, `:authority: ${call.getHost()}`];
  for (const name of Object.keys(call.metadata.getMap()).sort()) {
    if (!name.startsWith('x-')) continue;
    for (const value of call.metadata.get(name)) {
      parts.push(`${name}: ${Buffer.isBuffer(value) ? value.toString('hex') : value}`);
    }
  }
  return parts.join(' | ');
}

function refused(method, call) {
  if (!method.path.startsWith('/chat.v1.Private/')) return null;
  if (call.metadata.get('authorization')[0] === 'Bearer ' + process.env.TOKEN) return null;
  ledger.refused(method.path, 'UNAUTHENTICATED');
  return { code: grpc.status.UNAUTHENTICATED, details: 'wrong token' };
}

function answer({ id, text, body }) {
  return { id, text, body, ts: Date.now() };
}

const ask = (method) => (call, callback) => {
  const error = refused(method, call);
  if (error) return callback(error);
  const entry = counted(method, call);
  const reply = answer(call.request);
  entry.received(call.request);
  ledger.after(call.request.text, () => {
    entry.sent(reply);
    entry.done();
    callback(null, reply);
  });
};

// A question with the text "after MS" is answered with that delay unless the client has
// half-closed. The metadata x-call of the response is a random ID. The text "beat" makes the server send a message without an id before the reply.
const talk = (method) => (call) => {
  const error = refused(method, call);
  if (error) return call.emit('error', error);
  const entry = counted(method, call);
  const metadata = new grpc.Metadata();
  metadata.set('x-call', crypto.randomUUID());
  call.sendMetadata(metadata);
  let ended = false;
  call.on('data', (question) => {
    const reply = answer(question);
    entry.received(question);
    if (question.text === 'beat') {
      const beat = { text: 'beat' };
      call.write(beat);
      entry.sent(beat);
    }
    ledger.after(question.text, () => {
      if (ended || entry.left()) return;
      call.write(reply);
      entry.sent(reply);
    });
  });
  call.on('end', () => {
    ended = true;
    entry.done();
    call.end();
  });
};

const room = new Set(); // the calls of Meet

const meet = (method) => (call) => {
  const member = { call, entry: counted(method, call) };
  room.add(member);
  call.sendMetadata(new grpc.Metadata());
  call.on('data', (question) => {
    member.entry.received(question);
    if (question.text === 'hello') {
      call.write({ text: 'welcome' });
      member.entry.sent({ text: 'welcome' });
      return;
    }
    for (const other of room) {
      if (other === member || other.entry.left()) continue;
      other.call.write(answer(question));
      other.entry.sent(answer(question));
    }
  });
  call.on('cancelled', () => room.delete(member));
  call.on('end', () => {
    room.delete(member);
    member.entry.done();
    call.end();
  });
};

const watch = (method) => (call) => {
  const entry = counted(method, call);
  entry.received(call.request);
  const start = Date.now();
  let n = 0;
  (function next() {
    if (entry.left()) return;
    if (call.request.count > 0 && n >= call.request.count) {
      entry.done();
      call.end();
      return;
    }
    const ts = Date.now();
    const event = { n, ts, at: { seconds: Math.floor(ts / 1000), nanos: (ts % 1000) * 1e6 } };
    call.write(event);
    entry.sent(event);
    n++;
    setTimeout(next, Math.max(0, start + n * period - Date.now()));
  })();
};

const collect = (method) => (call, callback) => {
  const entry = counted(method, call);
  const summary = { messages: 0, bytes: 0, id: 0 };
  call.on('data', (question) => {
    entry.received(question);
    summary.messages++;
    summary.bytes += question.body.length;
    summary.id = question.id;
  });
  call.on('end', () => {
    entry.sent(summary);
    entry.done();
    callback(null, summary);
  });
};

const limit = Number(process.env.MAX_STREAMS);
const server = new grpc.Server(limit ? { 'grpc.max_concurrent_streams': limit } : {});
const open = measured(chat.Chat.service);
server.addService(open, {
  Ask: ask(open.Ask), Watch: watch(open.Watch), Collect: collect(open.Collect), Talk: talk(open.Talk), Meet: meet(open.Meet),
});
const closed = measured(chat.Private.service);
server.addService(closed, { Ask: ask(closed.Ask), Talk: talk(closed.Talk) });
new ReflectionService(definition).addToServer(server);

const credentials = process.env.CERT
  ? grpc.ServerCredentials.createSsl(null, [
    { private_key: fs.readFileSync(process.env.KEY), cert_chain: fs.readFileSync(process.env.CERT) },
  ])
  : grpc.ServerCredentials.createInsecure();

// stop gives open calls a second to end.
function stop() {
  return new Promise((done) => {
    setTimeout(() => { server.forceShutdown(); done(); }, 1000);
    server.tryShutdown(() => done());
  });
}

server.bindAsync('127.0.0.1:0', credentials, (err, port) => {
  if (err) throw err;
  ledger.serve(port, stop);
});
