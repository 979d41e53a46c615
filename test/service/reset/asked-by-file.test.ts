import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../src/base/text.ts';
import { findRequest } from '../../../src/service/reset/asked-by-file.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';

const cardWith = (name: string, text: string): MemoryFiles => new MemoryFiles(new Map([[name, utf8(text)]]));

test('findRequest() finds the file under each of its names, and takes it away when the reset is done', async () => {
  for (const [name, text, kind] of [
    ['reset', '', 'settings'],
    ['reset.txt', '\r\n', 'settings'],
    ['RESET.TXT', 'Everything\r\n', 'everything'],
    ['reset.now', '', 'settings'],
  ] as const) {
    const card = cardWith(name, text);
    const request = await findRequest(card);
    assert.equal(request?.kind, kind, name);
    assert.equal((await findRequest(card))?.kind, kind, 'a power cut before the end leads to it again');
    await request?.done();
    assert.equal(await findRequest(card), undefined);
  }
});

test('findRequest() refuses on a card that cannot be written: every start would be a reset', async () => {
  const card = new FaultyFiles(cardWith('reset', ''), { refuse: { from: 1, count: 9, errno: 'EROFS' } });
  await assert.rejects(findRequest(card), /write-protected/);
});

test('findRequest() finds nothing on a card without the file', async () => {
  assert.equal(await findRequest(cardWith('preset.txt', '')), undefined);
});
