// TCP connections in numbers for lab tests and benches, run inside a namespace by Node itself:
//   connection-peer.ts serve PORT ...             sends back what comes; prints "ready"
//   connection-peer.ts hold ADDRESS PORT COUNT    keeps that many open and in use; prints "holding"; on SIGTERM "held N broken M"
//   connection-peer.ts open ADDRESS PORT SECONDS  opens and ends as many as it can; prints "opened N"
import { type Socket, connect, createServer } from 'node:net';
import process from 'node:process';

const WORD = 'still here';
const LAST_WORD = 'good night';
const INTERVAL = 50;
const PATIENCE = 10_000;
const AT_ONCE = 32;

function serve(ports: readonly number[]): void {
  let waiting = ports.length;
  for (const port of ports) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    server.listen({ port, host: '0.0.0.0', backlog: 4096 }, () => {
      if (--waiting === 0) console.log('ready');
    });
  }
}

function hold(address: string, port: number, count: number): void {
  const sockets = Array.from({ length: count }, () => connect(port, address));
  let connected = 0;
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('connect', () => {
      if (++connected === count) console.log('holding');
    });
    socket.resume();
  }
  const timer = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(WORD);
  }, INTERVAL);
  process.once('SIGTERM', () => {
    clearInterval(timer);
    void Promise.all(sockets.map(answers)).then((alive) => {
      console.log(`held ${count} broken ${alive.filter((one) => !one).length}`);
      process.exit(0);
    });
  });
}

function answers(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    socket.on('data', (text) => {
      if (text.includes(LAST_WORD)) resolve(true);
    });
    socket.on('close', () => resolve(false));
    setTimeout(() => resolve(false), PATIENCE);
    socket.write(LAST_WORD);
  });
}

function open(address: string, port: number, seconds: number): void {
  let opened = 0;
  const begin = performance.now();
  const next = (): void => {
    if (performance.now() - begin > seconds * 1000) {
      console.log(`opened ${opened}`);
      process.exit(0);
    }
    const socket = connect(port, address, () => {
      opened++;
      // No waiting time at either end, so that the ports are free again.
      socket.resetAndDestroy();
    });
    socket.on('error', () => {});
    socket.on('close', next);
  };
  for (let i = 0; i < AT_ONCE; i++) next();
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') serve(args.map(Number));
else if (verb === 'hold') hold(args[0] ?? '', Number(args[1]), Number(args[2]));
else open(args[0] ?? '', Number(args[1]), Number(args[2]));
