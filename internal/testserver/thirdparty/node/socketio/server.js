// A Socket.IO server, with the namespaces / and /chat. The event "say" is acknowledged with what it brought; with a "room"
// in it, the others who joined that receive the event "said". The event "join" brings a room.
//
// It pings each connection every 200 ms and drops one that does not answer within 2 s.
'use strict';

const http = require('node:http');
const { Server } = require('socket.io');
const ledger = require('./ledger.js');

const server = http.createServer();
const io = new Server(server, { pingInterval: 200, pingTimeout: 2000, transports: ['websocket'] });

io.engine.on('connection', (socket) => {
  ledger.enter();
  socket.on('packetCreate', (packet) => { if (packet.type === 'ping') ledger.count('pings'); });
  socket.on('packet', (packet) => { if (packet.type === 'pong') ledger.count('pongs'); });
  socket.on('close', () => ledger.leave());
});

function chat(socket) {
  const route = socket.nsp.name;
  ledger.opened(route);
  socket.on('say', (message, acknowledge) => {
    ledger.received(route, message.text.length);
    ledger.sent(route, message.text.length);
    acknowledge(message);
    if (!message.room) return;
    const room = socket.nsp.adapter.rooms.get(message.room) ?? new Set();
    for (let i = room.has(socket.id) ? 1 : 0; i < room.size; i++) ledger.sent(route, message.text.length);
    socket.to(message.room).emit('said', message);
  });
  socket.on('join', (room, acknowledge) => {
    socket.join(room);
    acknowledge('joined');
  });
  socket.on('disconnect', (reason) => ledger.closed(route, reason));
}
io.of('/').on('connection', chat);
io.of('/chat').on('connection', chat);

server.listen(0, '127.0.0.1', () => ledger.serve(server.address().port, () => io.close()));
