// The inner half of HostDoor:  node door-keeper.ts SOCKET ADDRESS PORT
// Takes connections on the Unix socket and leads each to the TCP address, in the network namespace it runs in.
import { connect, createServer } from 'node:net';
import process from 'node:process';
import { joinSockets } from './join-sockets.ts';

const [socketPath = '', address = '', port = ''] = process.argv.slice(2);

createServer((visitor) => joinSockets(visitor, connect(Number(port), address))).listen(socketPath, () => {
  console.log('door open');
});
