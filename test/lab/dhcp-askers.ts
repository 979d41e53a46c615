// Many made-up computers that get a lease each, some at a time, until it is ended:  node dhcp-askers.ts
// Prints "acknowledged MAC ADDRESS" once the server has sent its ACK.
import { createSocket } from 'node:dgram';
import { type DhcpAsk, type DhcpReply, TYPE, buildDhcpAsk, readDhcpReply } from './dhcp-message.ts';

const AT_A_TIME = 32;
const ANSWER_PATIENCE = 1500;
const socket = createSocket({ type: 'udp4', reuseAddr: true });
const waiting = new Map<number, (reply: DhcpReply) => void>();
let transactions = 0;
let computers = 0;

function ask(message: Omit<DhcpAsk, 'transaction'>): Promise<DhcpReply | undefined> {
  const transaction = ++transactions;
  return new Promise((resolve) => {
    const end = (reply?: DhcpReply): void => {
      clearTimeout(timer);
      waiting.delete(transaction);
      resolve(reply);
    };
    const timer = setTimeout(end, ANSWER_PATIENCE);
    waiting.set(transaction, end);
    // An error of sending is like an answer that never comes.
    socket.send(buildDhcpAsk({ ...message, transaction }), 67, '255.255.255.255', () => {});
  });
}

/** One computer that is plugged in: asks until it has its lease. */
async function getLease(mac: Buffer): Promise<void> {
  for (;;) {
    const offer = await ask({ mac, type: TYPE.discover });
    if (offer?.type !== TYPE.offer) continue;
    const { address, server } = offer;
    const answer = await ask({ mac, type: TYPE.request, offer: { address, server } });
    if (answer?.type !== TYPE.ack) continue;
    console.log(`acknowledged ${mac.toString('hex', 0, 6).match(/../g)?.join(':')} ${answer.address}`);
    return;
  }
}

async function computersInTurn(): Promise<never> {
  for (;;) {
    const mac = Buffer.from([0x02, 0x67, 0x71, 0, 0, 0]);
    mac.writeUIntBE(++computers, 3, 3);
    await getLease(mac);
  }
}

socket.on('message', (message) => {
  const reply = readDhcpReply(message);
  waiting.get(reply.transaction)?.(reply);
});
socket.bind(68, () => {
  socket.setBroadcast(true);
  console.log('asking');
  for (let index = 0; index < AT_A_TIME; index += 1) void computersInTurn();
});
