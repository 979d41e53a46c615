import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fromLatin1 } from '../../src/base/text.ts';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { LoopDisk } from '../bench/loop-disk.ts';
import { wholeContent } from '../fake/whole-content.ts';
import { CARD_LIMITS, idOf, letterOf } from './card-letters.ts';
import { outputOf } from './run-command.ts';

// What the card holds at an instant is what a power cut at that instant leaves: an ext4 image is copied while mail is written to it, and mounted anew.

// GATEPOST_CARD_COPIES=300 is the long run.
const COPIES = Number(process.env['GATEPOST_CARD_COPIES'] ?? 8);
const LONGEST = 400;

let parent: string;

before(() => {
  parent = mkdtempSync(join(tmpdir(), 'gatepost-card-'));
});

after(() => rmSync(parent, { recursive: true, force: true }));

/** What the writer has said so far. */
class Promises {
  #text = '';

  constructor(writer: ChildProcess) {
    writer.stdout?.setEncoding('latin1').on('data', (text: string) => (this.#text += text));
  }

  get(what: 'stored' | 'removing' | 'removed'): Set<string> {
    return new Set(
      [...this.#text.matchAll(new RegExp(`^${what} (\\S+)\\n`, 'gm'))].map(([, id]) => id ?? ''),
    );
  }
}

/** The letters of a store, each checked against what was written. */
async function lettersOf(directory: string): Promise<string[]> {
  const clock = new NodeClock();
  const log = new RingLog({ clock, print: () => undefined }).logFor('mail');
  const options = { files: nodeFiles(directory), clock, random: new NodeRandom(), log, limits: CARD_LIMITS };
  const store = await openMailStore(options);
  await store.scrub();
  assert.deepEqual(store.health().damage, []);
  const maildrop = await store.open('alice');
  assert.ok(maildrop !== undefined);
  const ids: string[] = [];
  for (const { uid } of maildrop.messages) {
    const text = fromLatin1(await wholeContent(await maildrop.read(uid)));
    const id = idOf(text);
    assert.equal(text, letterOf(Number(id.split('-')[1])), id);
    ids.push(id);
  }
  maildrop.close();
  await store.close();
  return ids;
}

/** Mounts a copy of the card as it is now, which replays the journal of its file system, and looks at what is there. */
async function lettersAtNow(image: string, number: number): Promise<string[]> {
  const [copy, directory] = [join(parent, `copy-${number}.img`), join(parent, `copy-${number}`)];
  await outputOf(['cp', '--sparse=always', image, copy]);
  mkdirSync(directory);
  await outputOf(['mount', '-o', 'loop', copy, directory]);
  try {
    return await lettersOf(join(directory, 'data'));
  } finally {
    await outputOf(['umount', directory]);
    rmSync(copy);
  }
}

test(`a card that is copied at ${COPIES} instants under load and mounted anew holds all mail that was acknowledged`, async (t) => {
  await using disk = await LoopDisk.make(parent, 'card', 96);
  const data = join(disk.directory, 'data');
  mkdirSync(data);
  const program = join(import.meta.dirname, 'card-writer.ts');
  const writer = spawn(process.execPath, [program, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  const promises = new Promises(writer);
  try {
    for (let number = 0; number < COPIES; number++) {
      await once(writer.stdout, 'data');
      // The moment is the test: it falls into writes, into compactions and between the two.
      await delay(Math.random() * LONGEST);
      writer.kill('SIGSTOP');
      // What was said before the instant has been read with this turn of the loop, or counts as not said.
      const [stored, removing] = [promises.get('stored'), promises.get('removing')];
      const removed = promises.get('removed');
      const there = await lettersAtNow(join(parent, 'card.img'), number);
      const held = new Set(there);
      assert.equal(held.size, there.length, 'each is there once');
      const lost = [...stored].filter(
        (id) => !removing.has(id) && !held.has(id) && !promises.get('removing').has(id),
      );
      assert.deepEqual(lost, [], `lost at instant ${number}`);
      assert.deepEqual(
        there.filter((id) => removed.has(id)),
        [],
        `back at instant ${number}`,
      );
      writer.kill('SIGCONT');
    }
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'close');
  }
  t.diagnostic(
    `${promises.get('stored').size} letters stored, ${promises.get('removed').size} removed, 0 lost`,
  );
});
