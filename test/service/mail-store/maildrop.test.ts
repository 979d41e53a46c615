import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import { DamagedRecordError } from '../../../src/io/journal/damaged-record-error.ts';
import type { OpenFile } from '../../../src/port/files.ts';
import { type MailPieces, type Maildrop, MessageGoneError } from '../../../src/port/mailbox.ts';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { wholeContent } from '../../fake/whole-content.ts';
import { mail, openStore } from './post-office.ts';

const PIECE = 65_536;
const BIG = 'big:300000';
const to = (...users: readonly string[]) => ({ sender: 'x@example', users });

async function drop(
  store: JournaledMailStore,
  user: string,
  access?: 'exclusive' | 'shared',
): Promise<Maildrop> {
  const opened = await store.open(user, access);
  assert.ok(opened !== undefined, `${user} is locked`);
  return opened;
}

function uidAt(maildrop: Maildrop, index: number): string {
  return maildrop.messages[index]?.uid ?? '';
}

async function piecesOf(maildrop: Maildrop, part?: 'whole' | 'top'): Promise<MailPieces> {
  const content = await maildrop.read(uidAt(maildrop, 0), part);
  assert.ok(!(content instanceof Uint8Array), 'a large message comes in pieces');
  return content;
}

/** Counts what is read of blobs, and those that are open. */
class WatchedFiles extends MemoryFiles {
  octets = 0;
  opened = 0;

  override async open(path: string, mode: 'create' | 'existing' | 'read'): Promise<OpenFile> {
    const file = await super.open(path, mode);
    if (mode !== 'read' || !path.startsWith('mail/blob/')) return file;
    this.opened++;
    return {
      append: (parts) => file.append(parts),
      write: (...args) => file.write(...args),
      size: () => file.size(),
      truncate: (length) => file.truncate(length),
      sync: () => file.sync(),
      read: (offset, length) => {
        this.octets += length;
        return file.read(offset, length);
      },
      close: () => {
        this.opened--;
        return file.close();
      },
    };
  }
}

test('open() gives a mailbox to one exclusive session or to any number of shared ones (RFC 1939 §4)', async () => {
  const store = await openStore(new MemoryFiles());
  const one = await drop(store, 'bob');
  assert.equal(await store.open('bob'), undefined);
  assert.equal(await store.open('bob', 'shared'), undefined);
  one.close();
  const shared = [await drop(store, 'bob', 'shared'), await drop(store, 'bob', 'shared')];
  shared[0]?.close();
  shared[0]?.close();
  assert.equal(await store.open('bob'), undefined, 'closing one twice does not close the other');
  shared[1]?.close();
  assert.ok((await store.open('bob')) !== undefined);
});

test('each shared session sees what had come by its own opening (RFC 1939 §8)', async () => {
  const store = await openStore(new MemoryFiles());
  await store.deliver(to('bob'), mail('a:100'));
  const one = await drop(store, 'bob', 'shared');
  await store.deliver(to('bob'), mail('b:200'));
  const two = await drop(store, 'bob', 'shared');
  assert.deepEqual(
    [one, two].map((each) => each.messages.map(({ size }) => size)),
    [[mail('a:100').length], [mail('a:100').length, mail('b:200').length]],
  );
  assert.deepEqual(await two.read(uidAt(two, 1)), mail('b:200'));
});

test('what one shared session removes is gone for the others, and nothing else is, though another user has the message', async () => {
  const store = await openStore(new MemoryFiles());
  for (const name of ['a:100', BIG, 'c:100']) await store.deliver(to('bob', 'eva'), mail(name));
  const [one, two] = [await drop(store, 'bob', 'shared'), await drop(store, 'bob', 'shared')];
  await one.remove([uidAt(one, 0), uidAt(one, 1)]);
  for (const index of [0, 1]) await assert.rejects(two.read(uidAt(two, index)), MessageGoneError);
  assert.deepEqual(await two.read(uidAt(two, 2)), mail('c:100'));
  await Promise.all([one, two].map((each) => each.remove(each.messages.map(({ uid }) => uid))));
  assert.equal((await drop(store, 'bob', 'shared')).messages.length, 0);
  const eva = await drop(store, 'eva');
  assert.deepEqual(await wholeContent(await eva.read(uidAt(eva, 1))), mail(BIG));
});

test('two shared sessions that remove the same message in one moment both succeed, and it stays removed', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  for (const name of ['a:100', 'b:100']) await store.deliver(to('bob'), mail(name));
  const [one, two] = [await drop(store, 'bob', 'shared'), await drop(store, 'bob', 'shared')];
  await Promise.all([one.remove([uidAt(one, 0)]), two.remove([uidAt(two, 0)])]);
  await store.compact();
  for (const each of [store, await openStore(disk)])
    assert.equal((await drop(each, 'bob', 'shared')).messages.length, 1);
});

test('a large message is checked to its end before its first piece, then comes in pieces and as often as it is wanted', async () => {
  const files = new WatchedFiles();
  const store = await openStore(files);
  await store.deliver(to('bob'), mail(BIG));
  const bob = await drop(store, 'bob');
  const pieces = await piecesOf(bob);
  assert.deepEqual([files.octets, files.opened], [mail(BIG).length, 0]);
  assert.equal(pieces.length, mail(BIG).length);
  for (let time = 0; time < 2; time++) assert.deepEqual(await wholeContent(pieces), mail(BIG));
  for await (const piece of pieces) assert.ok(piece.length <= PIECE);
  assert.equal(files.opened, 0);
});

test('who wants the top of a large message has no more read than is taken', async () => {
  const files = new WatchedFiles();
  const store = await openStore(files);
  await store.deliver(to('bob'), mail(BIG));
  for await (const piece of await piecesOf(await drop(store, 'bob'), 'top')) {
    assert.deepEqual(piece, mail(BIG).subarray(0, PIECE));
    break;
  }
  assert.deepEqual([files.octets, files.opened], [PIECE, 0]);
});

for (const [what, harm] of [
  ['an octet of it is another', (bytes: Uint8Array) => bytes.with(250_000, 1)],
  ['its end is missing', (bytes: Uint8Array) => bytes.subarray(0, -1)],
  ['there is more behind it', (bytes: Uint8Array) => Buffer.concat([bytes, bytes])],
] as const) {
  test(`a large message is refused before any of it is given when ${what}`, async () => {
    const disk = new MemoryFiles();
    const store = await openStore(disk);
    await store.deliver(to('bob'), mail(BIG));
    const bob = await drop(store, 'bob');
    const [path = ''] = (await disk.list('mail/blob')).map((name) => `mail/blob/${name}`);
    await disk.replace(path, harm((await disk.read(path)) ?? new Uint8Array()));
    await assert.rejects(bob.read(uidAt(bob, 0)), DamagedRecordError);
    assert.equal(store.health().damage.length, 1);
    await assert.rejects(bob.read(uidAt(bob, 0), 'top'), DamagedRecordError, 'known to be damaged by now');
  });
}

test('damage that comes between the check and the reading holds the last piece back', async () => {
  const disk = new MemoryFiles();
  const store = await openStore(disk);
  await store.deliver(to('bob'), mail(BIG));
  const pieces = await piecesOf(await drop(store, 'bob'));
  const [path = ''] = (await disk.list('mail/blob')).map((name) => `mail/blob/${name}`);
  await disk.replace(path, ((await disk.read(path)) ?? new Uint8Array()).with(10, 1));
  let octets = 0;
  const reading = async (): Promise<void> => {
    for await (const piece of pieces) octets += piece.length;
  };
  await assert.rejects(reading, DamagedRecordError);
  assert.equal(octets, Math.floor(mail(BIG).length / PIECE) * PIECE);
});

test('a large message that another session removes while it is read is read to its end; afterwards it is gone', async () => {
  const files = new WatchedFiles();
  const store = await openStore(files);
  await store.deliver(to('bob'), mail(BIG));
  const [one, two] = [await drop(store, 'bob', 'shared'), await drop(store, 'bob', 'shared')];
  const pieces = await piecesOf(two);
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) {
    if (parts.length === 0) await one.remove([uidAt(one, 0)]);
    parts.push(piece);
  }
  assert.deepEqual(Buffer.concat(parts), Buffer.from(mail(BIG)));
  await assert.rejects(wholeContent(pieces), KernelError);
  await assert.rejects(two.read(uidAt(two, 0)), MessageGoneError);
  assert.equal(files.opened, 0);
});
