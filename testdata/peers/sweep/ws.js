// An echo server with Node's ws, for the comparison in docs/capacity.md:
//   NODE_PATH=DIR/node_modules node testdata/peers/sweep/ws.js
const { WebSocketServer } = require('ws');

new WebSocketServer({ port: 9200 }).on('connection', (ws) => {
  ws.on('message', (data, binary) => ws.send(data, { binary }));
});
