// Stores and removes mail in the store of a directory until it is ended: node card-writer.ts DIRECTORY
// Prints "stored ID" and "removed ID" once that is promised to be on the card, and "removing ID" before it is tried.
import process from 'node:process';
import { fromLatin1, latin1 } from '../../src/base/text.ts';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { CARD_LIMITS, idOf, letterOf } from './card-letters.ts';

const LANES = 4;
/** Letters that are left in the mailbox when it is cleared out. */
const KEPT = 20;
const CLEARED_AT = 60;

const [directory = ''] = process.argv.slice(2);
const clock = new NodeClock();
const log = new RingLog({ clock, print: () => undefined }).logFor('mail');
const options = { files: nodeFiles(directory), clock, random: new NodeRandom(), log, limits: CARD_LIMITS };
const store = await openMailStore(options);
let last = 0;

async function clearOut(): Promise<void> {
  const maildrop = await store.open('alice');
  if (maildrop === undefined) return;
  const old = maildrop.messages.slice(0, -KEPT);
  const ids: string[] = [];
  for (const { uid } of old) {
    const content = await maildrop.read(uid, 'top');
    if (content instanceof Uint8Array) ids.push(idOf(fromLatin1(content)));
    else for await (const piece of content) ids.push(idOf(fromLatin1(piece)));
  }
  for (const id of ids) console.log(`removing ${id}`);
  await maildrop.remove(old.map(({ uid }) => uid));
  for (const id of ids) console.log(`removed ${id}`);
  maildrop.close();
}

async function write(): Promise<void> {
  for (;;) {
    const id = `letter-${++last}`;
    await store.deliver({ sender: 'someone@elsewhere.example', users: ['alice'] }, latin1(letterOf(last)));
    console.log(`stored ${id}`);
    if ((store.summaries()[0]?.messages ?? 0) >= CLEARED_AT) await clearOut();
  }
}

await Promise.all(Array.from({ length: LANES }, write));
