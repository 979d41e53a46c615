import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../src/base/errors.ts';
import { fromLatin1 } from '../../../src/base/text.ts';
import { backupMail } from '../../../src/service/mail-store/backup-mail.ts';
import {
  type ExportedMessage,
  type MailSink,
  exportMail,
} from '../../../src/service/mail-store/export-mail.ts';
import { importMail, readMaildir, readMbox } from '../../../src/service/mail-store/import-mail.ts';
import { MailArchive } from '../../../src/service/mail-store/mail-archive.ts';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { MaildirSink } from '../../../src/service/mail-store/maildir-sink.ts';
import { MboxSink } from '../../../src/service/mail-store/mbox-sink.ts';
import { restoreUser } from '../../../src/service/mail-store/restore-user.ts';
import { verifyMail } from '../../../src/service/mail-store/verify-mail.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { PAGE, mail, openStore } from './post-office.ts';

/** Changes the first bytes that say `words`, wherever they are stored. */
function harm(files: MemoryFiles, words: string): void {
  for (const { current } of files.names.current.values()) {
    const at = fromLatin1(current).indexOf(words);
    if (at < 0) continue;
    current.fill(1, at, at + 4);
    return;
  }
  assert.fail(`${words} is nowhere`);
}

class ListSink implements MailSink {
  readonly messages: ExportedMessage[] = [];
  /** Runs before each message is taken. */
  readonly before: (index: number) => Promise<void>;

  constructor(before: (index: number) => Promise<void> = () => Promise.resolve()) {
    this.before = before;
  }

  async put(message: ExportedMessage): Promise<void> {
    await this.before(this.messages.length);
    this.messages.push(message);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  get texts(): string[] {
    return this.messages.map(({ content }) => fromLatin1(content));
  }
}

const text = (name: string): string => fromLatin1(mail(name));
const to = (...users: readonly string[]) => ({ sender: 'x@example', users });

async function fill(
  store: JournaledMailStore,
  names: readonly string[],
  ...users: readonly string[]
): Promise<void> {
  for (const name of names) await store.deliver(to(...users), mail(name));
}

async function removeAll(store: JournaledMailStore, user: string): Promise<void> {
  const drop = await store.open(user);
  await drop?.remove(drop.messages.map(({ uid }) => uid));
  drop?.close();
}

async function textsOf(files: MemoryFiles, user: string): Promise<string[]> {
  const archive = await MailArchive.open({ files });
  const sink = new ListSink();
  if (archive.messages(user).length > 0) await exportMail(archive, user, sink);
  archive.close();
  return sink.texts;
}

const NAMES = ['a:500', 'b:3000', 'big:20000', 'c:4000', 'd:5000', 'e:100'] as const;

const noneLeftOut = (): void => assert.fail();

test('an archive shows a store that is open elsewhere, and writes nothing', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  await fill(store, NAMES, 'bob', 'eva');
  await removeAll(store, 'eva');
  const looking = new FaultyFiles(disk);
  const archive = await MailArchive.open({ files: looking });
  const sink = new ListSink();
  const report = await exportMail(archive, 'bob', sink);
  assert.deepEqual([report.exported, report.unreadable], [NAMES.length, []]);
  assert.deepEqual(sink.texts, NAMES.map(text));
  await assert.rejects(
    exportMail(archive, 'eva', sink),
    (error) =>
      error instanceof UserError && /"eva": nothing is stored .* there is mail of bob$/.test(error.message),
  );
  archive.close();
  assert.equal(looking.steps, 0);
});

test('an export goes on while the box removes, compacts and takes mail: what stays is exported once and whole', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  const kept = Array.from({ length: 12 }, (_, index) => `k${index}:2500`);
  for (const [index, name] of kept.entries()) {
    await fill(store, [`x${index}:5000`, `y${index}:8000`], 'eva');
    await fill(store, [name], 'bob');
  }
  await fill(store, ['gone:2000', 'gone:9000'], 'bob');
  const archive = await MailArchive.open({ files: disk });
  const sink = new ListSink(async (index) => {
    if (index === 2) await removeAll(store, 'eva');
    if (index === 4) {
      const bob = await store.open('bob');
      await bob?.remove(bob.messages.slice(-2).map(({ uid }) => uid));
      bob?.close();
    }
    await fill(store, [`new${index}:4000`], 'eva');
    if (index % 3 === 0) await removeAll(store, 'eva');
    await store.compact();
  });
  const oldest = async () => (await disk.list('mail')).find((name) => name.endsWith('.log'));
  const before = await oldest();
  await exportMail(archive, 'bob', sink);
  assert.notEqual(await oldest(), before, 'segments went meanwhile');
  assert.deepEqual(sink.texts, kept.map(text));
});

test('an archive opens between any two steps of the box and shows what was acknowledged', async () => {
  const size = fc.integer({ min: 50, max: 7000 });
  await fc.assert(
    fc.asyncProperty(fc.array(size, { minLength: 5, maxLength: 25 }), async (sizes) => {
      const disk = new MemoryFiles();
      const store = await openStore(disk);
      const acknowledged: string[] = [];
      for (const [index, octets] of sizes.entries()) {
        const name = `m${index}:${octets}`;
        const looking = MailArchive.open({ files: disk });
        const wanted = [...acknowledged];
        const work = index % 4 === 3 ? removeAll(store, 'eva') : fill(store, [name], 'bob', 'eva');
        const archive = await looking;
        const sink = new ListSink();
        if (wanted.length > 0) await exportMail(archive, 'bob', sink);
        assert.deepEqual(sink.texts.slice(0, wanted.length), wanted.map(text));
        assert.deepEqual(archive.damage(), []);
        archive.close();
        await work;
        if (index % 4 !== 3) acknowledged.push(name);
      }
    }),
    { seed: 8, numRuns: 40 },
  );
});

test('verifyMail() reads everything, finds each damage and tells whose message it is', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  await fill(store, NAMES, 'bob', 'eva');
  await store.deliver({ ...to(), remote: [{ address: 'a@one.example' }] }, mail('q:300'));
  await store.close();
  const good = await verifyMail(disk);
  assert.deepEqual(
    { ...good, octets: 0, segments: 0 },
    {
      segments: 0,
      octets: 0,
      records: 14,
      messages: 7,
      blobs: 1,
      mailboxes: 2,
      queued: 1,
      damage: [],
      lost: [],
    },
  );
  harm(disk, 'Subject: a:500');
  disk.names.current.get(`mail/blob/${(await disk.list('mail/blob'))[0]}`)?.current.fill(0, 0, 4);
  const { damage, lost } = await verifyMail(disk);
  assert.deepEqual(
    damage.map(({ messages }) => messages.map((one) => [one.size, one.users])),
    [[[mail('a:500').length, ['bob', 'eva']]], [[mail('big:20000').length, ['bob', 'eva']]]],
  );
  assert.deepEqual(lost, []);
  const archive = await MailArchive.open({ files: disk });
  const report = await exportMail(archive, 'eva', new ListSink());
  assert.deepEqual([report.exported, report.unreadable.length], [NAMES.length - 2, 2]);
});

test('verifyMail() lists a message whose own record is lost, and refuses a directory without a mail store', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  await fill(store, ['a:500', 'b:500'], 'bob');
  await store.close();
  disk.names.current.get('mail/segment-00000001.log')?.current.fill(0, PAGE, PAGE + 4);
  const { lost, damage } = await verifyMail(disk);
  assert.deepEqual([lost.map(({ users }) => users), damage.length], [[['bob']], 1]);
  await assert.rejects(verifyMail(new MemoryFiles()), UserError);
});

const EXPORTS = {
  mbox: async (files: MemoryFiles) => MboxSink.create(files, 'bob.mbox'),
  maildir: async (files: MemoryFiles) => MaildirSink.create(files),
} as const;

for (const [kind, create] of Object.entries(EXPORTS)) {
  test(`what is exported as ${kind} can be imported again: same bytes, same times, same order`, async () => {
    const disk = new MemoryFiles();
    const store = await openStore(disk);
    await fill(store, NAMES, 'bob');
    const tricky = 'Return-Path: <a@b>\r\nSubject: x\r\n\r\nFrom here\r\n>From there\r\n.\r\n\r\nend\r\n';
    await store.deliver(
      to('bob'),
      Uint8Array.from(tricky, (char) => char.charCodeAt(0)),
    );
    const elsewhere = new MemoryFiles();
    const archive = await MailArchive.open({ files: disk });
    const exported = archive.messages('bob').map(({ size, received }) => [size, received]);
    await exportMail(archive, 'bob', await create(elsewhere));
    const source =
      kind === 'mbox' ? readMbox(elsewhere, 'bob.mbox', noneLeftOut) : readMaildir(elsewhere, noneLeftOut);
    const other = new MemoryFiles();
    const report = await importMail(await openStore(other), 'eva', source);
    assert.deepEqual([report.imported, report.problem], [NAMES.length + 1, undefined]);
    assert.deepEqual(await textsOf(other, 'eva'), [...NAMES.map(text), tricky]);
    const again = await MailArchive.open({ files: other });
    assert.deepEqual(
      again.messages('eva').map(({ size, received }) => [size, received]),
      exported,
    );
    if (kind === 'mbox') {
      const bytes = (await elsewhere.read('bob.mbox')) ?? new Uint8Array();
      assert.match(fromLatin1(bytes), /\nFrom a@b Thu Jan 15 12:00:00 2026\nReturn-Path/);
      await assert.rejects(MboxSink.create(elsewhere, 'bob.mbox'), /there is a file of that name/);
    }
  });
}

test('a Maildir gets each message by tmp, synced, then renamed into new, and an export may be done again', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  await fill(store, ['a:500', 'b:600'], 'bob');
  const target = new MemoryFiles();
  for (let round = 0; round < 2; round++) {
    const archive = await MailArchive.open({ files: disk });
    await exportMail(archive, 'bob', await MaildirSink.create(target));
    const names = await target.list('new');
    assert.equal(names.length, 2);
    for (const name of names) assert.match(name, /^1768478400\.[0-9a-z-]+\.gatepost,S=\d+,W=\d+$/);
    assert.deepEqual(await target.list('tmp'), []);
  }
  const lost = new FaultyFiles(target).afterPowerCut({
    below: () => 0,
    bytes: (length) => new Uint8Array(length),
  });
  assert.equal((await lost.list('new')).length, 2, 'and survives a power cut');
});

test('importMail() ends where the mailbox is full, and says so', async () => {
  const store = await openStore(new MemoryFiles());
  store.setQuotas(() => 1000);
  async function* messages() {
    for (let index = 0; index < 40; index++) yield { received: undefined, content: mail(`m:100`) };
  }
  const { imported, problem } = await importMail(store, 'bob', messages());
  assert.ok(imported >= 5 && imported < 40, `${imported}`);
  assert.match(problem ?? '', /larger than its limit/);
});

test('backupMail() copies only what is new, and what was removed since is not in the backup', async () => {
  const [disk, target] = [new MemoryFiles(), new MemoryFiles()];
  const store = await openStore(disk);
  await fill(store, NAMES, 'bob', 'eva');
  const first = await backupMail(disk, target);
  assert.equal(first.kept, 0);
  await fill(store, ['f:3000'], 'bob');
  const second = await backupMail(disk, target);
  assert.ok(second.copied <= 2 && second.kept >= 2, JSON.stringify(second));
  assert.deepEqual(await textsOf(target, 'bob'), [...NAMES, 'f:3000'].map(text));
  await removeAll(store, 'bob');
  await removeAll(store, 'eva');
  await fill(store, ['g:3000'], 'bob');
  await store.close();
  await backupMail(disk, target);
  assert.deepEqual(await textsOf(target, 'bob'), ['g:3000'].map(text));
  assert.deepEqual(await target.list('mail/blob'), []);
  const opened = await openStore(target);
  assert.deepEqual(opened.health().damage, []);
  assert.equal(opened.summaries()[0]?.messages, 1);
});

test('backupMail() copies the key of rewritten senders, so that bounces find back to a restored box', async () => {
  const [disk, target] = [new MemoryFiles(), new MemoryFiles()];
  await fill(await openStore(disk), ['a:500'], 'bob');
  const key = new Uint8Array(32).fill(7);
  await disk.replace('mail/srs.key', key);
  await disk.replace('mail/mta-sts.json', Buffer.from('{}'));
  assert.equal((await backupMail(disk, target)).copied, 2);
  assert.deepEqual(await target.read('mail/srs.key'), key);
  assert.equal(await target.read('mail/mta-sts.json'), undefined);
  assert.equal((await backupMail(disk, target)).copied, 0);
});

test('backupMail() that is cut off by a power cut leaves all mail of the backup before, and the next one is right', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  await fill(store, NAMES, 'bob');
  const before = new MemoryFiles();
  await backupMail(disk, before);
  await fill(store, ['f:3000', 'g:9000'], 'bob');
  const content = new Map([...before.names.durable].map(([path, inode]) => [path, inode.durable]));
  for (let cutAt = 1, isDone = false; !isDone; cutAt++) {
    const files = new FaultyFiles(new MemoryFiles(new Map(content)), { cutAt });
    isDone = await backupMail(disk, files).then(
      () => true,
      () => false,
    );
    const target = files.afterPowerCut({
      below: (limit) => cutAt % limit,
      bytes: (length) => new Uint8Array(length),
    });
    const texts = await textsOf(target, 'bob');
    assert.deepEqual(texts.slice(0, NAMES.length), NAMES.map(text), `cut at ${cutAt}`);
    await backupMail(disk, target);
    assert.deepEqual(await textsOf(target, 'bob'), [...NAMES, 'f:3000', 'g:9000'].map(text));
  }
});

test('restoreUser() brings back what one user has lost, once, and nothing of the others', async () => {
  const [disk, target] = [new MemoryFiles(), new MemoryFiles()];
  const store = await openStore(disk);
  await fill(store, ['a:500', 'b:700'], 'bob', 'eva');
  await fill(store, ['c:900'], 'bob');
  await backupMail(disk, target);
  await removeAll(store, 'eva');
  const bob = await store.open('bob');
  await bob?.remove(bob.messages.slice(0, 2).map(({ uid }) => uid));
  bob?.close();
  await fill(store, ['d:100'], 'bob');
  for (const wanted of [2, 0]) {
    const archive = await MailArchive.open({ files: target });
    const report = await restoreUser(archive, 'bob', store);
    assert.deepEqual([report.imported, report.problem], [wanted, undefined]);
  }
  assert.deepEqual((await textsOf(disk, 'bob')).toSorted(), ['a:500', 'b:700', 'c:900', 'd:100'].map(text));
  assert.deepEqual(await textsOf(disk, 'eva'), []);
});
