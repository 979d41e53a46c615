import assert from 'node:assert/strict';
import { fromLatin1 } from '../../src/base/text.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { verifyMail } from '../../src/service/mail-store/verify-mail.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeRandom } from '../fake/fake-random.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { wholeContent } from '../fake/whole-content.ts';
import { letterOf, nameOf } from './mail-letter.ts';

const MAILBOXES = { r: 'rita', k: 'kurt' } as const;

/** What people were told, as `mail-people.ts` prints it. */
export interface Told {
  readonly acknowledged: ReadonlySet<string>;
  readonly deleting: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  /** UIDs by name. */
  readonly seen: ReadonlyMap<string, string>;
}

export function toldBy(log: string): Told {
  const namesAfter = (word: string): Set<string> =>
    new Set([...log.matchAll(new RegExp(`^${word} (\\S+)$`, 'gm'))].map((match) => match[1] ?? ''));
  const seen = new Map<string, string>();
  for (const [, uid = '', name = ''] of log.matchAll(/^seen rita (\S+) (\S+)$/gm)) {
    assert.equal(seen.get(name) ?? uid, uid, `rita knows ${name} by two uids`);
    seen.set(name, uid);
  }
  return {
    acknowledged: namesAfter('acknowledged'),
    deleting: namesAfter('deleting'),
    deleted: namesAfter('deleted'),
    seen,
  };
}

/** Letters in a store: `rita NAME`, `kurt NAME` and `queue NAME`, with their uids. */
export type Stored = ReadonlyMap<string, string>;

/** Opens a store as the box does after a power cut, reads every octet, and looks where each letter is. */
export async function storedIn(directory: string): Promise<Stored> {
  const files = nodeFiles(directory);
  const [clock, random, log] = [new FakeClock(), new FakeRandom(1), new MemoryLog()];
  const store = await openMailStore({ files, clock, random, log, limits: { compactionFloor: Infinity } });
  const found = new Map<string, string>();
  const add = (place: string, content: Uint8Array, uid: string): void => {
    const text = fromLatin1(content);
    const name = nameOf(text);
    if (name === undefined) return;
    assert.ok(text.endsWith(letterOf(name).slice(`Subject: ${name}\r\n`.length)), `${name} is whole`);
    assert.ok(!found.has(`${place} ${name}`), `${name} is twice at ${place}`);
    found.set(`${place} ${name}`, uid);
  };
  for (const user of Object.values(MAILBOXES)) {
    const drop = await store.open(user);
    for (const { uid } of drop?.messages ?? []) add(user, await wholeContent(await drop?.read(uid)), uid);
    drop?.close();
  }
  for (const { id } of store.queue.entries())
    add('queue', await wholeContent(await store.queue.readMessage(id)), String(id));
  assert.equal(store.health().problem, undefined);
  await store.close();
  const { damage, lost } = await verifyMail(files);
  assert.deepEqual({ damage, lost }, { damage: [], lost: [] });
  return found;
}

export interface Account {
  /** What people had been told when the power went, and what they were told in the end. */
  readonly before: Told;
  readonly after: Told;
  readonly stored: Stored;
  /** Letters that have arrived outside. */
  readonly taken: ReadonlySet<string>;
}

/** Compares a store with what people were told: nothing acknowledged is missing, nothing is there by half, nothing deleted is back. */
export function settleAccount({ before, after, stored, taken }: Account): void {
  const isAt = (name: string, letter: string): boolean => {
    if (letter === 'o') return stored.has(`queue ${name}`) || taken.has(name);
    if (letter === 'r') return stored.has(`rita ${name}`) || after.deleting.has(name);
    return stored.has(`kurt ${name}`);
  };
  const found = [...stored.keys()].map((key) => key.split(' ')[1] ?? '');
  for (const name of new Set([...before.acknowledged, ...found]))
    for (const letter of name.split('-')[0] ?? '')
      assert.ok(
        isAt(name, letter),
        `${name} is not at ${letter}, acknowledged: ${before.acknowledged.has(name)}`,
      );
  for (const name of before.deleted)
    assert.ok(!stored.has(`rita ${name}`), `${name} was deleted and is back`);
  for (const [name, uid] of before.seen)
    if (!after.deleting.has(name)) assert.equal(stored.get(`rita ${name}`), uid, `rita has seen ${name}`);
}
