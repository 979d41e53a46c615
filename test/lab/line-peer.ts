// A TCP peer for lab tests, run inside a namespace by Node itself:
//   line-peer.ts serve PORT ...        greets each connection with "hello ADDRESS" of the caller, then sends back what comes
//   line-peer.ts call ADDRESS PORT FILE   prints what it gets, sends each line that is appended to FILE, prints "failed CODE"
import { existsSync, readFileSync, watchFile, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import process from 'node:process';

const CHECK_INTERVAL = 20;

function serve(ports: readonly number[]): void {
  let waiting = ports.length;
  for (const port of ports) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`hello ${socket.remoteAddress?.replace(/^::ffff:/, '')}\n`);
      socket.pipe(socket);
    });
    server.listen(port, '::', () => {
      if (--waiting === 0) console.log('ready');
    });
  }
}

function call(address: string, port: number, file: string): void {
  const socket = connect(port, address);
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => process.stdout.write(text));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    console.log(`failed ${error.code}`);
    process.exit(1);
  });
  socket.on('end', () => process.exit(0));
  if (!existsSync(file)) writeFileSync(file, '');
  let sent = 0;
  watchFile(file, { interval: CHECK_INTERVAL }, () => {
    const text = readFileSync(file, 'utf8');
    socket.write(text.slice(sent));
    sent = text.length;
  });
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') serve(args.map(Number));
else call(args[0] ?? '', Number(args[1]), args[2] ?? '');
