// Sends numbered messages one after another, each over a connection of its own, until it is ended:
//   node mail-sender.ts SERVER RECIPIENT PREFIX
// Prints "acknowledged ID" once the server has said 250 to the whole message; otherwise "unknown ID", and goes on with the
// next number, because a message whose acknowledgement was lost may or may not have been kept.
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

// Load enough to be always in the middle of something, and few enough messages to read them all back.
const PACE = 20;
const CONNECT_PATIENCE = 500;
const [server = '', recipient = '', prefix = ''] = process.argv.slice(2);

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port: 25 });
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), CONNECT_PATIENCE);
    socket.on('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on('error', reject);
  });
}

/** Sends one message; throws unless the server took it. */
async function send(id: string): Promise<void> {
  const socket = await dial();
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]();
  const expect = async (code: string): Promise<void> => {
    for (;;) {
      const { value, done } = await replies.next();
      if (done === true || !value.startsWith(code)) throw new Error(`${id}: ${value ?? 'connection closed'}`);
      if (value.charAt(3) !== '-') return;
    }
  };
  try {
    await expect('220');
    const text = `Subject: ${id}\r\nMessage-ID: <${id}@elsewhere.example>\r\n\r\nNumber ${id}.\r\n.`;
    for (const [line, code] of [
      ['EHLO mx.elsewhere.example', '250'],
      ['MAIL FROM:<someone@elsewhere.example>', '250'],
      [`RCPT TO:<${recipient}>`, '250'],
      ['DATA', '354'],
      [text, '250'],
    ] as const) {
      socket.write(`${line}\r\n`);
      await expect(code);
    }
  } finally {
    socket.destroy();
  }
}

console.log('sending');
for (let number = 0; ; number += 1) {
  const id = `${prefix}-${number}`;
  try {
    await send(id);
    console.log(`acknowledged ${id}`);
  } catch (error) {
    console.log(`unknown ${id} (${error instanceof Error ? error.message : String(error)})`);
  }
  await delay(PACE);
}
