import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fromLatin1 } from '../../../src/base/text.ts';
import { nodeFiles } from '../../../src/io/node/files.ts';
import { type ImportedMessage, readMaildir, readMbox } from '../../../src/service/mail-store/import-mail.ts';

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-maildir-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function textsOf(messages: AsyncIterable<ImportedMessage>): Promise<string[]> {
  const found: string[] = [];
  for await (const { content } of messages) found.push(fromLatin1(content));
  return found;
}

test('readMaildir() passes over a file that is larger than any message, however large it is, and says so', async (t) => {
  const directory = directoryFor(t);
  mkdirSync(join(directory, 'cur'));
  writeFileSync(join(directory, 'cur', '1.sparse'), '');
  truncateSync(join(directory, 'cur', '1.sparse'), 5 * 2 ** 30);
  writeFileSync(join(directory, 'cur', '2.message'), 'Subject: x\n\nHello\n');
  const passedOver: number[] = [];
  const found = await textsOf(readMaildir(nodeFiles(directory), (count) => passedOver.push(count)));
  assert.deepEqual([found, passedOver], [['Subject: x\r\n\r\nHello\r\n'], [1]]);
});

test('readMaildir() reads files only: no directory, device or pipe, nor a link that leads nowhere', async (t) => {
  const directory = directoryFor(t);
  mkdirSync(join(directory, 'cur', 'directory'), { recursive: true });
  symlinkSync('/dev/zero', join(directory, 'cur', '1.device'));
  symlinkSync(join(directory, 'nowhere'), join(directory, 'cur', '2.broken'));
  execFileSync('mkfifo', [join(directory, 'cur', '3.pipe')]);
  writeFileSync(join(directory, 'cur', '4.message'), 'x\n');
  assert.deepEqual(await textsOf(readMaildir(nodeFiles(directory), () => assert.fail())), ['x\r\n']);
});

test('readMaildir() refuses a directory that is no Maildir, and readMbox() a file that is no mbox file', async (t) => {
  const directory = directoryFor(t);
  const files = nodeFiles(directory);
  const none = (): void => assert.fail();
  await assert.rejects(textsOf(readMaildir(files, none)), /^UserError: .* it is no Maildir, /);
  writeFileSync(join(directory, 'letter'), 'Subject: x\n\nHello\n');
  await assert.rejects(
    textsOf(readMbox(files, 'letter', none)),
    /^UserError: .* letter: it is no mbox file, /,
  );
  writeFileSync(join(directory, 'empty'), '');
  assert.deepEqual(await textsOf(readMbox(files, 'empty', none)), []);
});

test('readMbox() refuses what has no end or cannot be read at a place', async (t) => {
  const directory = directoryFor(t);
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  const none = (): void => assert.fail();
  await assert.rejects(
    textsOf(readMbox(nodeFiles(directory), 'pipe', none)),
    /it is no regular file \(ENXIO\)/,
  );
  await assert.rejects(textsOf(readMbox(nodeFiles('/dev'), 'zero', none)), /it is no regular file \(ENXIO\)/);
  await assert.rejects(textsOf(readMbox(nodeFiles('/'), 'dev', none)), /it is a directory \(EISDIR\)/);
});

test('readMbox() says how many messages it has passed over', async (t) => {
  const directory = directoryFor(t);
  const from = 'From a@b.example Thu Jan 15 12:00:00 2026\n';
  writeFileSync(join(directory, 'mbox'), `${from}${'y'.repeat(2 ** 21)}\n\n${from}x\n`);
  const passedOver: number[] = [];
  const found = await textsOf(readMbox(nodeFiles(directory), 'mbox', (count) => passedOver.push(count)));
  assert.deepEqual([found, passedOver], [['x\r\n'], [1]]);
});
