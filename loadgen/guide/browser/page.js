// The functions that rtbench calls in a browser. Each tests one thing with the reference
// servers and returns its findings without judging them. A timestamped log of its progress goes
// into the evidence.
'use strict';

// ---- Log

const lines = [];
const opened = new Set(); // sockets and event sources of the current step

function log(text) {
  const line = `${performance.now().toFixed(1).padStart(8)} ms  ${text}`;
  lines.push(line);
  document.getElementById('log').appendChild(document.createElement('li')).textContent = line;
}

// takeLog returns the lines logged since the last call.
const takeLog = () => lines.splice(0);

// finish closes everything that a step has opened.
function finish() {
  for (const each of opened) each.close();
  opened.clear();
}

// ---- Waiting

const pause = ms => new Promise(done => setTimeout(done, ms));

// unixTime is in milliseconds, comparable with clocks outside the page.
const unixTime = () => performance.timeOrigin + performance.now();

// An Inbox queues items.
class Inbox {
  items = [];
  wake = () => {};

  put(item) {
    this.items.push(item);
    this.wake();
  }

  // next waits up to ms milliseconds for an item, then throws.
  async next(ms, name) {
    const end = performance.now() + ms;
    while (this.items.length === 0) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`no ${name} within ${ms} ms`);
      await new Promise(done => { this.wake = done; setTimeout(done, left); });
    }
    return this.items.shift();
  }
}

// until waits up to ms milliseconds for a condition.
async function until(condition, ms) {
  const end = performance.now() + ms;
  while (!condition() && performance.now() < end) await pause(5);
}

// ---- WebSocket

// connect opens a WebSocket and queues its messages in an Inbox.
async function connect(url) {
  const begun = performance.now();
  const socket = new WebSocket(url);
  const messages = new Inbox(), states = new Inbox();
  opened.add(socket);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = event => messages.put(event.data);
  socket.onopen = () => { log(`WebSocket ${url} is open`); states.put(''); };
  socket.onclose = event => {
    log(`WebSocket ${url} is closed, code ${event.code}`);
    states.put(`closed with code ${event.code}`);
  };
  const failed = await states.next(3000, `WebSocket at ${url}`);
  if (failed) throw new Error(`WebSocket ${url} ${failed}`);
  return {socket, messages, opening: performance.now() - begun};
}

async function openSocket(url) {
  const {opening, socket} = await connect(url);
  return {opening, protocol: new URL(socket.url).protocol};
}

// exchangeText sends a ping and a chat message to a chat room.
async function exchangeText(url, content) {
  const {socket, messages} = await connect(url);
  const ask = async message => {
    socket.send(JSON.stringify(message));
    for (;;) {
      const answer = await messages.next(2000, 'answer');
      log(`sent ${JSON.stringify(message)}, received ${answer}`);
      if (!answer.includes('"type":"leave"')) return answer; // a previous client left
    }
  };
  const pong = await ask({type: 'ping'});
  return {pong, chat: JSON.parse(await ask({type: 'chat', content})).message};
}

// everyByte returns all 256 byte values, repeated.
const everyByte = times => Uint8Array.from({length: 256 * times}, (_, i) => i % 256);

async function exchangeBinary(url, times) {
  const {socket, messages} = await connect(url);
  const sent = everyByte(times);
  socket.send(sent);
  const answer = await messages.next(3000, 'answer');
  const binary = answer instanceof ArrayBuffer;
  const received = binary ? new Uint8Array(answer) : Uint8Array.of();
  const same = sent.filter((value, i) => received[i] === value).length;
  log(`sent ${sent.length} bytes, received ${received.length}, ${same} unchanged`);
  return {sent: sent.length, received: received.length, same, binary};
}

// exchangeBothWays sends numbers without waiting for replies and counts the echoes that arrived
// before the last was sent.
async function exchangeBothWays(url, count) {
  const {socket, messages} = await connect(url);
  for (let i = 0; i < count; i++) {
    if (i > 0) await pause(0); // yields to the event loop, so that messages can arrive
    socket.send(Uint32Array.of(i));
  }
  const before = messages.items.length;
  let inOrder = 0;
  for (let i = 0; i < count; i++) {
    const [number] = new Uint32Array(await messages.next(2000, `message ${i}`));
    if (number === i) inOrder++;
  }
  log(`sent ${count} messages; ${before} echoes arrived before the last was sent, ${inOrder} arrived in order`);
  return {before, inOrder};
}

// members lists the members of the browser's classes.
function members() {
  const of = type => Object.getOwnPropertyNames(type.prototype).join(' ');
  return {
    socketSends: 'send' in WebSocket.prototype, socket: of(WebSocket),
    sourceSends: 'send' in EventSource.prototype, source: of(EventSource),
  };
}

// ---- EventSource

// listen opens an EventSource and collects its events. The error event means that the
// connection has ended; the EventSource either reconnects or is closed.
function listen(url, init) {
  const source = new EventSource(url, init);
  const received = {source, events: [], opens: 0, errors: []};
  opened.add(source);
  source.onopen = () => { received.opens++; log(`EventSource ${url} is open`); };
  source.onerror = () => {
    const state = ['connecting', 'open', 'closed'][source.readyState];
    received.errors.push({at: unixTime(), after: received.events.length});
    log(`EventSource ${url} lost its connection and is now ${state}`);
  };
  source.onmessage = event => {
    const {counter, timestamp} = JSON.parse(event.data);
    received.events.push({counter, timestamp, at: unixTime()});
    log(`EventSource ${url}: ${event.data}, id "${event.lastEventId}"`);
  };
  return received;
}

async function listenForEvents(url, count, ms, init) {
  const begun = unixTime();
  const received = listen(url, init);
  await until(() => received.events.length >= count, ms);
  return {opens: received.opens, events: received.events, took: unixTime() - begun};
}

// listenForRawBytes compares the received bytes with those sent.
async function listenForRawBytes(url) {
  const source = new EventSource(url);
  const events = new Inbox();
  opened.add(source);
  for (const name of ['all', 'one', 'end']) source.addEventListener(name, event => events.put(event));
  source.onerror = () => events.put({type: 'error'});
  const seen = {length: 0, together: 0, alone: 0};
  for (;;) {
    const event = await events.next(2000, 'event');
    if (event.type === 'error') throw new Error(`EventSource ${url} lost its connection`);
    if (event.type === 'end') break;
    if (event.type === 'one') {
      if (event.data === String.fromCharCode(event.lastEventId)) seen.alone++;
      continue;
    }
    const codes = Array.from(event.data, c => c.charCodeAt(0));
    seen.length = codes.length;
    seen.together = codes.filter((code, i) => code === i).length;
  }
  source.close();
  log(`bytes 0 to 255 in one event: ${seen.length} characters received, ${seen.together} correct; in separate events: ${seen.alone} correct`);
  return seen;
}

// ---- Connection limits

// countOpen opens many connections at once and counts those that are open after ms
// milliseconds. It returns early once all are open.
async function countOpen(count, ms, open) {
  const begun = performance.now();
  const times = [];
  for (let i = 0; i < count; i++) {
    const each = open(i);
    opened.add(each);
    each.addEventListener('open', () => times.push(performance.now() - begun));
  }
  await until(() => times.length === count, ms);
  log(`${times.length} of ${count} opened at once are open after ${(performance.now() - begun).toFixed(0)} ms`);
  return {open: times.length, last: times.at(-1) ?? 0};
}

const countSources = (url, count, ms) => countOpen(count, ms, () => new EventSource(url));
const countSockets = (url, count, ms) => countOpen(count, ms, i => new WebSocket(`${url}${i}`));

// ---- Cut connections

let watched; // set by watchEvents and watchSocket

// watchEvents waits for count events, then until halfway to the next event.
async function watchEvents(url, count, interval) {
  watched = listen(url);
  await until(() => watched.events.length >= count, 5000);
  if (watched.events.length < count) throw new Error(`${watched.events.length} events, expected ${count}`);
  await pause(interval / 2);
}

// afterCut waits up to ms milliseconds for count events after the cut.
async function afterCut(ms, count) {
  const {source, events, errors} = watched;
  const after = () => errors.length === 0 ? 0 : events.length - errors[0].after;
  await until(() => after() >= count, ms);
  source.close();
  const n = events.length - after();
  return {before: events.slice(0, n), after: events.slice(n), errors};
}

async function watchSocket(url) {
  const {socket, messages} = await connect(url);
  watched = {socket, messages, closes: [], opens: 0};
  const {closes} = watched;
  socket.addEventListener('close', event => closes.push({code: event.code, clean: event.wasClean}));
  socket.addEventListener('open', () => watched.opens++);
  socket.send('{"type":"ping"}');
  return messages.next(2000, 'answer');
}

// socketAfterCut waits ms milliseconds for the socket to reconnect.
async function socketAfterCut(ms) {
  const {socket, messages, closes} = watched;
  await pause(ms);
  const state = ['connecting', 'open', 'closing', 'closed'][socket.readyState];
  log(`${ms} ms after the cut the WebSocket is ${state}, opened again ${watched.opens} times`);
  return {closes, opens: watched.opens, messages: messages.items.length, state};
}

// ---- gRPC through fetch, with handwritten protobuf

const grpcRequest = {method: 'POST', headers: {'content-type': 'application/grpc+proto'}};

// frame prefixes a message with its length.
function frame(message) {
  const head = new DataView(new ArrayBuffer(5));
  head.setUint32(1, message.length);
  return Uint8Array.of(...new Uint8Array(head.buffer), ...message);
}

// unframe decodes the complete messages at the start of bytes.
function unframe(bytes) {
  const messages = [];
  while (bytes.length >= 5) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (bytes.length < 5 + length) break;
    messages.push(decode(bytes.subarray(5, 5 + length)));
    bytes = bytes.subarray(5 + length);
  }
  return messages;
}

// decode returns the fields of a protobuf message by number: strings, and integers up to 2^53.
function decode(bytes) {
  const fields = {};
  let at = 0;
  const integer = () => {
    let value = 0, scale = 1, byte;
    do {
      byte = bytes[at++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  };
  while (at < bytes.length) {
    const key = integer();
    let value = integer();
    if ((key & 7) === 2) {
      const text = bytes.subarray(at, at + value);
      at += value;
      value = new TextDecoder().decode(text);
    }
    fields[key >> 3] = value;
  }
  return fields;
}

// encodeString encodes a message whose field 1 is a short string.
function encodeString(text) {
  const bytes = new TextEncoder().encode(text);
  return Uint8Array.of(10, bytes.length, ...bytes);
}

async function fetchData(url, limit) {
  const response = await fetch(url, {...grpcRequest, body: frame(Uint8Array.of(16, limit))});
  const messages = unframe(new Uint8Array(await response.arrayBuffer()));
  for (const message of messages) log(`FetchData: ${JSON.stringify(message)}`);
  const status = response.headers.get('grpc-status');
  log(`FetchData: HTTP status ${response.status}, grpc-status ${status}, response.trailers ${response.trailers}`);
  return {
    http: response.status, contents: messages.map(message => message[2]), status: status ?? '',
    trailers: String(response.trailers), names: Array.from(response.headers.keys()).join(', '),
  };
}

// processStream sends one request message, keeps the request open for up to ms milliseconds,
// ends it and reads the remaining responses. error is fetch's.
async function processStream(url, input, ms) {
  let requests;
  const body = new ReadableStream({start(controller) { requests = controller; }});
  requests.enqueue(frame(encodeString(input)));
  const seen = {early: false, outputs: [], complete: false, error: ''};
  const received = [];
  const receive = async () => {
    const response = await fetch(url, {...grpcRequest, body, duplex: 'half'});
    log(`ProcessStream: HTTP status ${response.status}`);
    for await (const chunk of response.body) received.push(...chunk);
  };
  const receiving = receive().catch(error => { seen.error = String(error); });
  const begun = performance.now();
  await until(() => received.length > 0 || seen.error, ms);
  seen.early = received.length > 0;
  log(`ProcessStream: after ${(performance.now() - begun).toFixed(0)} ms, the request still open: ${seen.error || `${received.length} bytes received`}`);
  if (seen.error) return seen;
  requests.close();
  log('ProcessStream: request ended');
  await receiving;
  for (const message of unframe(Uint8Array.from(received))) {
    log(`ProcessStream: ${JSON.stringify(message)}`);
    if (message[2]) seen.complete = true; else seen.outputs.push(message[1]);
  }
  return seen;
}
