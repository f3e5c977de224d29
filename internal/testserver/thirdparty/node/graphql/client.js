// The client of graphql-ws: runs so many queries and counts the results.
'use strict';

const { createClient } = require('graphql-ws');
const WebSocket = require('ws');

const [, , address, count] = process.argv;
let open = false;
const client = createClient({
  url: `ws://${address}/graphql`, webSocketImpl: WebSocket, lazy: false, on: { connected: () => { open = true; }, closed: () => { open = false; } },
});

(async () => {
  let replies = 0;
  for (let i = 0; i < Number(count); i++) {
    for await (const { data } of client.iterate({ query: `{ echo(text: "message ${i}") }` })) {
      if (data.echo === `message ${i}`) replies++;
    }
  }
  setTimeout(() => { // more than two pings
    process.stdout.write(JSON.stringify({ replies, open }) + '\n');
    client.dispose();
  }, 500);
})();
