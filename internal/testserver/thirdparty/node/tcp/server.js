// A line echo over TCP with Node's net module. {"after": ms} in a line delays the echo. Node
// closes its side when the client half-closes (allowHalfOpen is false).
'use strict';

const net = require('node:net');
const ledger = require('./ledger.js');

const sockets = new Set();

const server = net.createServer((socket) => {
  ledger.enter();
  sockets.add(socket);
  socket.once('data', () => ledger.opened('lines'));
  let rest = '';
  socket.on('error', () => ledger.count('errors'));
  socket.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      ledger.received('lines', line.length);
      ledger.after(line, () => {
        if (!socket.writable) return;
        ledger.sent('lines', line.length);
        socket.write(line + '\n');
      });
    }
  });
  socket.on('close', (failed) => {
    sockets.delete(socket);
    ledger.closed('lines', failed ? 'broken' : 'end');
    ledger.leave();
  });
});

function stop() {
  for (const socket of sockets) socket.destroy();
  return new Promise((done) => { server.close(done); });
}

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, stop));
