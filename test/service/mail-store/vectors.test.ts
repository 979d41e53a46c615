import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { SMALL, openStore } from './post-office.ts';
import { wholeContent } from '../../fake/whole-content.ts';

const vectors = join(import.meta.dirname, '../../vectors/mail-store');

interface ExpectedMessage {
  readonly uid: string;
  readonly size: number;
  readonly received: number;
  readonly sha256: string;
}

interface Expected {
  readonly mailboxes: Readonly<Record<string, readonly ExpectedMessage[]>>;
  /** Entries of the queue in full, with the checksum of their message; none before there was a queue. */
  readonly queue?: readonly unknown[];
  /** Dates of first readings by user and UID; none before there were any. */
  readonly reads?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

function filesOf(version: string): MemoryFiles {
  const root = join(vectors, version);
  const names = readdirSync(join(root, 'mail'), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => /\.(log|idx|msg|json)$/.test(name)).map((name) => `mail/${name}`);
  return new MemoryFiles(
    new Map(paths.map((path) => [path, new Uint8Array(readFileSync(join(root, path)))])),
  );
}

function expectedOf(version: string): Expected {
  const value = JSON.parse(readFileSync(join(vectors, version, 'expected.json'), 'utf8')) as Expected;
  return 'mailboxes' in value ? value : { mailboxes: value };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function contentOf(store: JournaledMailStore): Promise<Expected> {
  const mailboxes: Record<string, ExpectedMessage[]> = {};
  const reads: Record<string, Record<string, number>> = {};
  for (const { user } of store.summaries()) {
    const drop = await store.open(user);
    mailboxes[user] = [];
    const dates = store.firstReads.of(user);
    if (dates.size > 0) reads[user] = Object.fromEntries(dates);
    for (const { uid, size, received } of drop?.messages ?? []) {
      const content = await wholeContent(await drop?.read(uid));
      mailboxes[user].push({ uid, size, received, sha256: sha256(content) });
    }
    drop?.close();
  }
  const queue: unknown[] = [];
  for (const { id } of store.queue.entries()) {
    queue.push({
      ...(await store.queue.read(id)),
      sha256: sha256(await wholeContent(await store.queue.readMessage(id))),
    });
  }
  // As JSON knows it: without the fields that are undefined.
  return JSON.parse(JSON.stringify({ mailboxes, queue, reads })) as Expected;
}

for (const entry of readdirSync(vectors, { withFileTypes: true }).filter((one) => one.isDirectory())) {
  test(`the mail store ${entry.name} opens with everything in it, takes mail, and opens again`, async () => {
    const files = filesOf(entry.name);
    const { mailboxes, queue = [], reads = {} } = expectedOf(entry.name);
    const store = await openStore(files);
    assert.deepEqual(await contentOf(store), { mailboxes, queue, reads });
    await store.deliver({ sender: '', users: ['new'] }, new Uint8Array(3000));
    await store.close();
    const again = await openStore(files, SMALL);
    assert.equal(again.summaries().length, Object.keys(mailboxes).length + 1);
    const content = await contentOf(again);
    const { new: added, ...rest } = content.mailboxes;
    assert.deepEqual([rest, added?.length, content.reads], [mailboxes, 1, reads]);
  });
}
