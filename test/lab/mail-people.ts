// People at a post office on 127.0.0.1, who come until they are ended: senders, and rita, who deletes most of what she has read.
//   node mail-people.ts SENDERS
// Prints what they were told, one line each, at once: "acknowledged NAME", "unknown NAME", "seen USER UID NAME", "deleting NAME", "deleted NAME".
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { LineClient } from '../fake/line-client.ts';
import { PLACES, letterOf, nameOf } from './mail-letter.ts';

/** Longer than any answer takes; a broken handshake may end without a word. */
const PATIENCE = 10_000;
const AGAIN_AFTER = 30;
const LETTERS_A_SESSION = 10;
const LETTERS_READ = 40;
const DESTINATIONS = ['rko', 'rk', 'k', 'o', 'r', 'ko'];
/** Most are small; some fill batches alone, and some get a file of their own in the store. */
const SIZES = [...Array.from({ length: 16 }, () => 4096), 20_000, 120_000, 150_000, 1_200_000];

let letters = 0;

/** Runs a session with a client, which is gone afterwards, whatever comes. */
async function session(
  port: number,
  options: Parameters<typeof LineClient.connect>[1],
  talk: (client: LineClient) => Promise<void>,
): Promise<void> {
  let client: LineClient | undefined;
  const work = async (): Promise<void> => {
    client = await LineClient.connect(port, options);
    await talk(client);
  };
  try {
    await Promise.race([work(), delay(PATIENCE, undefined, { ref: false }).then(() => client?.reset())]);
  } catch {
    // The office has died; what that means for a letter was printed.
  } finally {
    client?.reset();
    await delay(AGAIN_AFTER);
  }
}

async function sendOne(client: LineClient): Promise<void> {
  const number = letters++;
  const to = DESTINATIONS[number % DESTINATIONS.length] ?? 'k';
  const name = `${to}-${number}-${SIZES[(number * 7) % SIZES.length] ?? 0}`;
  let answer = '';
  try {
    await client.ask('MAIL FROM:<someone@elsewhere.example>', /^250 .*\r\n/);
    for (const [letter, address] of Object.entries(PLACES))
      if (to.includes(letter)) await client.ask(`RCPT TO:<${address}>`, /^250 .*\r\n/);
    await client.ask('DATA', /^354 .*\r\n/);
    answer = await client.ask(`${letterOf(name)}.`, /^\d{3} .*\r\n/);
  } finally {
    console.log(`${answer.startsWith('250 ') ? 'acknowledged' : 'unknown'} ${name}`);
  }
}

async function sender(number: number): Promise<void> {
  for (;;) {
    // Each from an address of its own: what one address may do in a minute is bounded.
    await session(25, { from: `127.0.1.${number + 1}` }, async (client) => {
      await client.expect(/^220 .*\r\n/);
      await client.ask('EHLO pc.office.example', /^250 .*\r\n/m);
      for (let left = LETTERS_A_SESSION; left > 0; left--) await sendOne(client);
    });
  }
}

const known = new Map<string, string>();

async function read(client: LineClient, number: string, uid: string): Promise<string> {
  const before = known.get(uid);
  if (before !== undefined) return before;
  const text = await client.ask(`RETR ${number}`, /^\+OK[^]*?\r\n\.\r\n/);
  const name = nameOf(text) ?? '';
  console.log(`seen rita ${uid} ${name}`);
  known.set(uid, name);
  return name;
}

async function reader(): Promise<void> {
  for (;;) {
    await session(995, { tls: true }, async (client) => {
      await client.expect(/^\+OK.*\r\n/);
      await client.ask('USER rita', /^\+OK.*\r\n/);
      await client.ask('PASS secret', /^\+OK.*\r\n/);
      const list = await client.ask('UIDL', /^\+OK.*\r\n(?:\d.*\r\n)*\.\r\n/);
      const deleted: string[] = [];
      const lines = [...list.matchAll(/^(\d+) (\S+)\r$/gm)];
      for (const [, number = '', uid = ''] of lines.slice(-LETTERS_READ)) {
        const name = await read(client, number, uid);
        if (Number(name.split('-')[1]) % 4 === 0) continue;
        await client.ask(`DELE ${number}`, /^\+OK.*\r\n/);
        deleted.push(name);
      }
      for (const name of deleted) console.log(`deleting ${name}`);
      await client.ask('QUIT', /^\+OK.*\r\n/);
      for (const name of deleted) console.log(`deleted ${name}`);
    });
  }
}

const senders = Number(process.argv[2]);
await Promise.all([...Array.from({ length: senders }, (_, number) => sender(number)), reader()]);
