// A steady UDP stream for lab tests and benches, run inside a namespace by Node itself:
//   stream-peer.ts receive PORT                 prints "ready", and "sent N received M" when the stream has ended
//   stream-peer.ts send ADDRESS PORT PER_SECOND prints "sending", ends the stream on SIGTERM
// Each datagram carries its number; the last ones say how many there were.
import { type Socket, createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import process from 'node:process';

const TICK = 1;
/** A sender that was held up catches up slowly, so that no queue of the kernel overflows. */
const MOST_AT_ONCE = 20;
const END = 0xffff_ffff;
const ENDINGS = 5;
const ENDING_INTERVAL = 20;
const BUFFER = 4 * 1024 * 1024;

/** Datagrams that came but found no room in a socket's buffer: lost by the receiver, not on the way. */
function overflows(): number {
  const [names = '', values = ''] = readFileSync('/proc/self/net/snmp', 'utf8').match(/^Udp: .*$/gm) ?? [];
  return Number(values.split(' ')[names.split(' ').indexOf('RcvbufErrors')]);
}

function receive(port: number): void {
  const seen = new Set<number>();
  const before = overflows();
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER });
  socket.on('message', (datagram) => {
    const number = datagram.readUInt32BE(0);
    if (number !== END) {
      seen.add(number);
      return;
    }
    console.log(`sent ${datagram.readUInt32BE(4)} received ${seen.size + overflows() - before}`);
    process.exit(0);
  });
  socket.bind(port, '0.0.0.0', () => console.log('ready'));
}

function send(address: string, port: number, perSecond: number): void {
  const socket = createSocket('udp4');
  // Where it is refused for a while, the error of one datagram is told with the next.
  socket.on('error', () => {});
  socket.connect(port, address, () => {
    console.log('sending');
    const begin = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begin) / 1000) * perSecond) - sent;
      for (let i = 0; i < Math.min(due, MOST_AT_ONCE); i++) socket.send(numbers(sent++, 0));
    }, TICK);
    process.once('SIGTERM', () => {
      clearInterval(timer);
      end(socket, sent, ENDINGS);
    });
  });
}

function end(socket: Socket, sent: number, left: number): void {
  if (left === 0) process.exit(0);
  socket.send(numbers(END, sent));
  setTimeout(() => end(socket, sent, left - 1), ENDING_INTERVAL);
}

function numbers(first: number, second: number): Buffer {
  const datagram = Buffer.alloc(8);
  datagram.writeUInt32BE(first, 0);
  datagram.writeUInt32BE(second, 4);
  return datagram;
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'receive') receive(Number(args[0]));
else send(args[0] ?? '', Number(args[1]), Number(args[2]));
