import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromLatin1 } from '../../../src/base/text.ts';
import { nodeFiles } from '../../../src/io/node/files.ts';
import { readMaildir } from '../../../src/service/mail-store/import-mail.ts';

test('readMaildir() passes over a file that is larger than any message, however large it is', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-maildir-'));
  t.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'cur'));
  writeFileSync(join(directory, 'cur', '1.sparse'), '');
  truncateSync(join(directory, 'cur', '1.sparse'), 5 * 2 ** 30);
  writeFileSync(join(directory, 'cur', '2.message'), 'Subject: x\n\nHello\n');
  const found: string[] = [];
  for await (const { content } of readMaildir(nodeFiles(directory))) found.push(fromLatin1(content));
  assert.deepEqual(found, ['Subject: x\r\n\r\nHello\r\n']);
});
