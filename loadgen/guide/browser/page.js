// What rtbench has a browser do. Each function is called from outside, does one thing
// with the reference servers and returns what it saw; it judges nothing. What goes on
// meanwhile is logged, with the time, for whoever doubts it.
'use strict';

// ---- The page's own account

const lines = [];
const opened = new Set(); // sockets and event sources of the present step

function log(text) {
  const line = `${performance.now().toFixed(1).padStart(8)} ms  ${text}`;
  lines.push(line);
  document.getElementById('log').appendChild(document.createElement('li')).textContent = line;
}

// takeLog hands over the log since the last time.
const takeLog = () => lines.splice(0);

// finish closes what a step has opened.
function finish() {
  for (const each of opened) each.close();
  opened.clear();
}

// ---- Waiting

const pause = ms => new Promise(done => setTimeout(done, ms));

// unixTime is in milliseconds, to compare with a clock outside the page.
const unixTime = () => performance.timeOrigin + performance.now();

// An Inbox holds what came until someone asks for it.
class Inbox {
  items = [];
  wake = () => {};

  put(item) {
    this.items.push(item);
    this.wake();
  }

  // next waits so many milliseconds for an item and throws then.
  async next(ms, what) {
    const end = performance.now() + ms;
    while (this.items.length === 0) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`no ${what} within ${ms} ms`);
      await new Promise(done => { this.wake = done; setTimeout(done, left); });
    }
    return this.items.shift();
  }
}

// until waits at most so many milliseconds for a condition.
async function until(condition, ms) {
  const end = performance.now() + ms;
  while (!condition() && performance.now() < end) await pause(5);
}

// ---- WebSocket

// connect opens a WebSocket, whose messages go to an Inbox.
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
      if (!answer.includes('"type":"leave"')) return answer; // of someone who was there before
    }
  };
  const pong = await ask({type: 'ping'});
  return {pong, chat: JSON.parse(await ask({type: 'chat', content})).message};
}

// everyByte is all 256 values, over and over.
const everyByte = times => Uint8Array.from({length: 256 * times}, (_, i) => i % 256);

async function exchangeBinary(url, times) {
  const {socket, messages} = await connect(url);
  const sent = everyByte(times);
  socket.send(sent);
  const answer = await messages.next(3000, 'answer');
  const binary = answer instanceof ArrayBuffer;
  const received = binary ? new Uint8Array(answer) : Uint8Array.of();
  const same = sent.filter((value, i) => received[i] === value).length;
  log(`sent ${sent.length} bytes, received ${received.length}, ${same} of them the same`);
  return {sent: sent.length, received: received.length, same, binary};
}

// exchangeBothWays sends numbers, each as soon as the one before is gone, and
// counts what had come back before the last was sent.
async function exchangeBothWays(url, count) {
  const {socket, messages} = await connect(url);
  for (let i = 0; i < count; i++) {
    if (i > 0) await pause(0); // lets the page receive, waits for nothing
    socket.send(Uint32Array.of(i));
  }
  const before = messages.items.length;
  let inOrder = 0;
  for (let i = 0; i < count; i++) {
    const [number] = new Uint32Array(await messages.next(2000, `message ${i}`));
    if (number === i) inOrder++;
  }
  log(`sent ${count} messages; ${before} were back before the last was sent, ${inOrder} came in order`);
  return {before, inOrder};
}

// members says what the browser gives pages to call.
function members() {
  const of = type => Object.getOwnPropertyNames(type.prototype).join(' ');
  return {
    socketSends: 'send' in WebSocket.prototype, socket: of(WebSocket),
    sourceSends: 'send' in EventSource.prototype, source: of(EventSource),
  };
}

// ---- EventSource

// listen opens an EventSource and collects what comes. An error is the browser's word
// for a connection that has ended: it goes on by itself, or it has given up.
function listen(url, init) {
  const source = new EventSource(url, init);
  const heard = {source, events: [], opens: 0, errors: []};
  opened.add(source);
  source.onopen = () => { heard.opens++; log(`EventSource ${url} is open`); };
  source.onerror = () => {
    const state = ['connecting', 'open', 'closed'][source.readyState];
    heard.errors.push({at: unixTime(), after: heard.events.length});
    log(`EventSource ${url} lost its connection and is now ${state}`);
  };
  source.onmessage = event => {
    const {counter, timestamp} = JSON.parse(event.data);
    heard.events.push({counter, timestamp, at: unixTime()});
    log(`EventSource ${url}: ${event.data}, id "${event.lastEventId}"`);
  };
  return heard;
}

async function hearEvents(url, count, ms, init) {
  const begun = unixTime();
  const heard = listen(url, init);
  await until(() => heard.events.length >= count, ms);
  return {opens: heard.opens, events: heard.events, took: unixTime() - begun};
}

// hearRaw compares what came of each byte with what was sent.
async function hearRaw(url) {
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
  log(`bytes 0 to 255 in one event: ${seen.length} characters came, ${seen.together} of them right; in an event each: ${seen.alone} right`);
  return seen;
}

// ---- How many at once

// countOpen opens many at once and counts those that are open after so many
// milliseconds, or sooner when all are.
async function countOpen(count, ms, open) {
  const begun = performance.now();
  const times = [];
  for (let i = 0; i < count; i++) {
    const each = open(i);
    opened.add(each);
    each.addEventListener('open', () => times.push(performance.now() - begun));
  }
  await until(() => times.length === count, ms);
  log(`of ${count} opened at once ${times.length} are open after ${(performance.now() - begun).toFixed(0)} ms`);
  return {open: times.length, last: times.at(-1) ?? 0};
}

const countSources = (url, count, ms) => countOpen(count, ms, () => new EventSource(url));
const countSockets = (url, count, ms) => countOpen(count, ms, i => new WebSocket(`${url}${i}`));

// ---- A connection that breaks

let watched; // from watch... to afterCut...

// watchEvents waits for so many events, and then for the middle between two.
async function watchEvents(url, count, interval) {
  watched = listen(url);
  await until(() => watched.events.length >= count, 5000);
  if (watched.events.length < count) throw new Error(`${watched.events.length} events, expected ${count}`);
  await pause(interval / 2);
}

// afterCut waits for so many events after the connection has been cut.
async function afterCut(count, ms) {
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

// socketAfterCut waits all the time that it is given for the socket to come back.
async function socketAfterCut(ms) {
  const {socket, messages, closes} = watched;
  await pause(ms);
  const state = ['connecting', 'open', 'closing', 'closed'][socket.readyState];
  log(`${ms} ms after the cut the WebSocket is ${state}, opened again ${watched.opens} times`);
  return {closes, opens: watched.opens, messages: messages.items.length, state};
}

// ---- gRPC by fetch, its messages encoded by hand

const grpcRequest = {method: 'POST', headers: {'content-type': 'application/grpc+proto'}};

// frame puts a message's length before it.
function frame(message) {
  const head = new DataView(new ArrayBuffer(5));
  head.setUint32(1, message.length);
  return Uint8Array.of(...new Uint8Array(head.buffer), ...message);
}

// unframe takes whole messages from the front of bytes.
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

// decode reads the fields of a protobuf message, by number: strings, and integers up
// to 2^53.
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

// encodeString is a message whose field 1 is a short string.
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

// processStream sends one request, leaves the request's stream open for so many
// milliseconds, ends it, and reads the rest of the responses. The error is fetch's.
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
