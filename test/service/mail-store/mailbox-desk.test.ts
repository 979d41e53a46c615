import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import type { MailImport } from '../../../src/port/mail-import.ts';
import { MailboxDesk } from '../../../src/service/mail-store/mailbox-desk.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { mail, openStore } from './post-office.ts';

async function startDesk() {
  const [store, clock] = [await openStore(new MemoryFiles()), new FakeClock()];
  const desk = new MailboxDesk({ store, list: (user) => store.list(user), clock });
  return { store, clock, desk };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function piece(bytes: Uint8Array, upload: number | null, isLast = false): MailImport {
  return { piece: { received: 5000, content: base64(bytes), upload, isLast } };
}

test('MailboxDesk lists a mailbox a thousand messages at a time, whoever has it open', async () => {
  const { store, desk } = await startDesk();
  const drop = await store.open('bob');
  const letters = Array.from({ length: 1001 }, (_, n) => ({
    received: n,
    content: base64(mail(`m${n}:40`)),
  }));
  assert.equal((await desk.import('bob', { messages: letters })).stored, 1001);
  const first = desk.list('bob', undefined);
  assert.deepEqual([first.messages.length, first.more], [1000, true]);
  const rest = desk.list('bob', first.messages.at(-1)?.uid);
  assert.deepEqual([rest.messages.map(({ received }) => received), rest.more], [[1000], false]);
  drop?.close();
});

test('MailboxDesk goes on behind a message that was removed since it was listed', async () => {
  const { store, desk } = await startDesk();
  const letters = ['a:40', 'b:40', 'c:40'].map((name) => ({ received: null, content: base64(mail(name)) }));
  await desk.import('bob', { messages: letters });
  const [, second, third] = desk.list('bob', undefined).messages;
  const drop = await store.open('bob');
  await drop?.remove([second?.uid ?? '']);
  assert.deepEqual(desk.list('bob', second?.uid), { messages: [third], more: false });
  assert.deepEqual(desk.list('bob', third?.uid).messages, []);
});

test('MailboxDesk stores a message of several pieces when the last has come, with CRLF as its only line end', async () => {
  const { store, desk } = await startDesk();
  const { upload } = await desk.import('bob', piece(Buffer.from('Subject: x\n'), null));
  assert.equal(store.list('bob').length, 0);
  assert.deepEqual(await desk.import('bob', piece(Buffer.from('\nHello\n'), upload, true)), {
    stored: 1,
    upload: null,
    problem: null,
  });
  const drop = await store.open('bob');
  const [message] = drop?.messages ?? [];
  assert.equal(message?.received, 5000);
  assert.deepEqual(await drop?.read(message.uid), new Uint8Array(Buffer.from('Subject: x\r\n\r\nHello\r\n')));
});

test('MailboxDesk takes pieces of one message at a time, and gives up one whose next piece does not come', async () => {
  const { clock, desk } = await startDesk();
  const { upload } = await desk.import('bob', piece(Buffer.from('a'), null));
  assert.equal(clock.pending, 1);
  await assert.rejects(desk.import('eva', piece(Buffer.from('b'), null)), /another one is being put in/);
  await clock.advance(Seconds(50));
  await desk.import('bob', piece(Buffer.from('b'), upload));
  await clock.advance(Seconds(50));
  await assert.rejects(desk.import('eva', piece(Buffer.from('b'), null)), /another one is being put in/);
  await clock.advance(Minutes(1));
  assert.equal(clock.pending, 0);
  await desk.import('eva', piece(Buffer.from('b'), null));
  await assert.rejects(desk.import('bob', piece(Buffer.from('c'), upload, true)), /it was given up/);
});

test('MailboxDesk refuses a message that grows beyond the largest, and takes the next one then', async () => {
  const { desk } = await startDesk();
  const [bytes, most] = [new Uint8Array(4 * 2 ** 20), 25];
  let { upload } = await desk.import('bob', piece(bytes, null));
  for (let count = 1; count < most; count++) ({ upload } = await desk.import('bob', piece(bytes, upload)));
  await assert.rejects(desk.import('bob', piece(new Uint8Array(1), upload)), /more than 104857600 octets/);
  assert.notEqual((await desk.import('eva', piece(bytes, null))).upload, upload);
});

test('MailboxDesk says what was stored when the mailbox is full', async () => {
  const { store, desk } = await startDesk();
  store.setQuotas(() => 1500);
  const letters = ['a:1000', 'b:1000'].map((name) => ({ received: null, content: base64(mail(name)) }));
  const { stored, problem } = await desk.import('bob', { messages: letters });
  assert.equal(stored, 1);
  assert.match(problem ?? '', /the mailbox would get larger than its limit/);
});
