// A computer that renews its lease over and over:  node dhcp-renewer.ts ADDRESS MAC SERVER
// Prints "renewing" once it has its lease, and when it is told to end how often it was answered since, and how often it had to give up.
import { createSocket } from 'node:dgram';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { TYPE, buildDhcpAsk, readDhcpReply } from './dhcp-message.ts';

/** Milliseconds between an answer and the next question: the server takes 20 questions a second from one client. */
const PAUSE = 100;
/** Milliseconds until a question, which is asked once, counts as lost. */
const PATIENCE = 10_000;
const CIADDR = 12;
const FLAGS = 10;
const [address = '', mac = '', server = ''] = process.argv.slice(2);
const socket = createSocket('udp4');
let transactions = 0;
let hear: (transaction: number) => void = () => {};

/** Straight to the server, from the address that is the client's (RFC 2131 §4.3.2). */
function renewal(transaction: number): Buffer {
  const message = buildDhcpAsk({
    transaction,
    mac: Buffer.from(mac.replaceAll(':', ''), 'hex'),
    type: TYPE.request,
  });
  message.writeUInt16BE(0, FLAGS);
  message.set(address.split('.').map(Number), CIADDR);
  return message;
}

async function isAnswered(patience: number): Promise<boolean> {
  const transaction = ++transactions;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patience);
    hear = (heard) => {
      if (heard !== transaction) return;
      clearTimeout(timer);
      resolve(true);
    };
    socket.send(renewal(transaction), 67, server);
  });
}

async function renew(): Promise<void> {
  const over = new AbortController();
  process.once('SIGTERM', () => over.abort());
  // While the server looks whether somebody else has the address it answers nothing.
  while (!(await isAnswered(PAUSE)));
  console.log('renewing');
  let [answered, lost] = [0, 0];
  while (!over.signal.aborted) {
    if (await isAnswered(PATIENCE)) answered += 1;
    else lost += 1;
    await sleep(PAUSE);
  }
  console.log(`answered ${answered} lost ${lost}`);
  process.exit();
}

socket.on('message', (message) => {
  const { transaction, type } = readDhcpReply(message);
  if (type === TYPE.ack) hear(transaction);
});
socket.bind(68, address, () => void renew());
