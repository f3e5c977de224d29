// An echo server with grpc-js, for the comparison in docs/capacity.md:
//   NODE_PATH=DIR/node_modules node testdata/peers/sweep/grpc.js
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const { echo } = grpc.loadPackageDefinition(loadSync(`${__dirname}/echo.proto`));
const server = new grpc.Server();
server.addService(echo.Echo.service, { Send: (call, reply) => reply(null, call.request) });
server.bindAsync('127.0.0.1:9201', grpc.ServerCredentials.createInsecure(), () => {});
