// Microsoft's own client of SignalR: invokes Echo so many times and counts the results.
'use strict';

const { HttpTransportType, HubConnectionBuilder, LogLevel } = require('@microsoft/signalr');

const [, , address, count] = process.argv;
const hub = new HubConnectionBuilder()
  .withUrl(`http://${address}/hub`, { skipNegotiation: true, transport: HttpTransportType.WebSockets })
  .configureLogging(LogLevel.Error)
  .build();
hub.serverTimeoutInMilliseconds = 5000;
hub.keepAliveIntervalInMilliseconds = 100;

hub.start().then(async () => {
  let replies = 0;
  for (let i = 0; i < Number(count); i++) {
    if (await hub.invoke('Echo', `message ${i}`) === `message ${i}`) replies++;
  }
  setTimeout(async () => { // more than two pings
    process.stdout.write(JSON.stringify({ replies, open: hub.state === 'Connected' }) + '\n');
    await hub.stop();
  }, 500);
});
