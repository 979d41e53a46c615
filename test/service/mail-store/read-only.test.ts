import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import type { OpenFile } from '../../../src/port/files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { mail, openStore } from './post-office.ts';

/** As a file system that the kernel has made read-only because of errors of the card. */
class ReadOnlyFiles extends MemoryFiles {
  override open(path: string, mode: 'create' | 'existing' | 'read'): Promise<OpenFile> {
    return mode === 'read' ? super.open(path, mode) : this.#refused();
  }
  override replace(): Promise<void> {
    return this.#refused();
  }
  override remove(): Promise<void> {
    return this.#refused();
  }

  #refused(): Promise<never> {
    return Promise.reject(new KernelError('change a file', 'EROFS'));
  }
}

const ENVELOPE = { sender: 'x@example', users: ['bob'] };

test('a mail store is opened and read on a file system that has become read-only; nothing can be stored or removed, and health says so', async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  for (const one of ['a:500', 'b:200000']) await store.deliver(ENVELOPE, mail(one));
  const contents = new Map([...files.names.current].map(([path, { current }]) => [path, current]));
  // What a power cut left: a batch that was never acknowledged, and the file of a message that was not.
  const [segment = ''] = [...contents.keys()].filter((path) => path.endsWith('.log'));
  contents.set(segment, Buffer.concat([contents.get(segment) ?? Buffer.of(), Buffer.from('torn')]));
  contents.set('mail/blob/9999.msg', Buffer.from('x'));
  const again = await openStore(new ReadOnlyFiles(contents));
  const bob = await again.open('bob');
  assert.ok(bob !== undefined);
  assert.deepEqual(
    bob.messages.map(({ size }) => size),
    [mail('a:500').length, mail('b:200000').length],
  );
  const read = await bob.read(bob.messages[0]?.uid ?? '');
  assert.ok(read instanceof Uint8Array && Buffer.from(read).equals(mail('a:500')));
  await assert.rejects(bob.remove([bob.messages[0]?.uid ?? '']), { errno: 'EROFS' });
  await assert.rejects(again.deliver(ENVELOPE, mail('c:10')), { errno: 'EROFS' });
  assert.match(again.health().problem ?? '', /cannot be written.*what is stored can be fetched/);
  assert.equal(again.summaries()[0]?.messages, 2);
});
