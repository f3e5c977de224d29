// Counts a server's connections and messages.
//
// For the line "ledger" on standard input it prints the counts to standard output as one line
// of JSON. At the end of standard input, or on SIGTERM, the server ends and prints them once
// more.
'use strict';

const readline = require('node:readline');

const zero = () => ({
  connections: 0, received: 0, sent: 0, received_bytes: 0, sent_bytes: 0, closed: {}, refused: {},
});

const routes = {};
const extra = {}; // extra totals
let open = 0;

const of = (route) => (routes[route] ??= zero());
const add = (counts, key, n = 1) => { counts[key] = (counts[key] ?? 0) + n; };

function print() {
  const ledger = { ...zero(), open, ...extra, routes };
  for (const counts of Object.values(routes)) {
    for (const [name, value] of Object.entries(counts)) {
      if (typeof value === 'number') ledger[name] += value;
      else for (const [code, n] of Object.entries(value)) add(ledger[name], code, n);
    }
  }
  process.stdout.write(JSON.stringify({ ledger }) + '\n');
}

module.exports = {
  // Between enter and leave a connection's counts are not final.
  enter() { open++; },
  leave() { open--; },
  opened(route) { of(route).connections++; },
  received(route, bytes) { of(route).received++; of(route).received_bytes += bytes; },
  sent(route, bytes) { of(route).sent++; of(route).sent_bytes += bytes; },
  closed(route, code) { add(of(route).closed, code); },
  refused(route, code) { add(of(route).refused, code); },
  count(name) { add(extra, name); },
  kind(name) { add(extra.kinds ??= {}, name); },

  // after calls reply now, or after the delay in the message: the number of milliseconds after
  // the word "after".
  after(message, reply) {
    const ms = /after\W{1,4}(\d+)/.exec(message)?.[1];
    if (ms) setTimeout(reply, Number(ms));
    else reply();
  },

  // serve announces the port and answers standard input until its end, when it calls stop,
  // which may return a promise.
  serve(port, stop) {
    let ending = false;
    async function end() {
      if (ending) return;
      ending = true;
      await stop();
      print();
      process.exit(0);
    }
    process.on('SIGTERM', end);
    readline.createInterface({ input: process.stdin })
      .on('line', (line) => { if (line.trim() === 'ledger') print(); })
      .on('close', end);
    process.stdout.write(JSON.stringify({ port }) + '\n');
  },
};
