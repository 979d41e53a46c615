// A peer for lab tests, run inside a namespace by Node itself:
//   line-peer.ts serve PORT ...        greets each TCP connection with "hello ADDRESS" of the caller, then sends back what
//                                      comes; over UDP sends back what comes, "hello" with the address of the caller
//   line-peer.ts call ADDRESS PORT FILE   prints what it gets, sends each line that is appended to FILE, prints "failed CODE"
//   line-peer.ts call-udp ADDRESS PORT FILE   the same over UDP, says "hello" until there is an answer
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, watchFile, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import process from 'node:process';

const CHECK_INTERVAL = 20;
const HELLO_INTERVAL = 200;

function plain(address: string | undefined): string {
  return String(address).replace(/^::ffff:/, '');
}

function serve(ports: readonly number[]): void {
  let waiting = 2 * ports.length;
  const oneMore = (): void => {
    if (--waiting === 0) console.log('ready');
  };
  for (const port of ports) {
    const udp = createSocket('udp6');
    udp.on('message', (text, caller) => {
      const reply = String(text) === 'hello\n' ? `hello ${plain(caller.address)}\n` : text;
      udp.send(reply, caller.port, caller.address);
    });
    udp.bind(port, oneMore);
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`hello ${plain(socket.remoteAddress)}\n`);
      socket.pipe(socket);
    });
    server.listen(port, '::', oneMore);
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
  follow(file, (text) => socket.write(text));
}

function callUdp(address: string, port: number, file: string): void {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (text) => process.stdout.write(text));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    console.log(`failed ${error.code}`);
    process.exit(1);
  });
  socket.connect(port, address, () => {
    const hello = setInterval(() => socket.send('hello\n'), HELLO_INTERVAL);
    socket.once('message', () => clearInterval(hello));
    socket.send('hello\n');
    follow(file, (text) => socket.send(text));
  });
}

/** Hands over what is appended to the file. */
function follow(file: string, send: (text: string) => void): void {
  if (!existsSync(file)) writeFileSync(file, '');
  let sent = 0;
  watchFile(file, { interval: CHECK_INTERVAL }, () => {
    const text = readFileSync(file, 'utf8');
    send(text.slice(sent));
    sent = text.length;
  });
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') serve(args.map(Number));
else (verb === 'call' ? call : callUdp)(args[0] ?? '', Number(args[1]), args[2] ?? '');
