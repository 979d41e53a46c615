import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../src/base/hex.ts';
import { internetChecksum } from '../../../src/wire/ipv4/checksum.ts';

test('internetChecksum() of the example in RFC 1071 §3 is the complement of ddf2', () => {
  assert.equal(internetChecksum([fromHex('0001f203f4f5f6f7')]), ~0xddf2 & 0xffff);
});

test('internetChecksum() pads an odd octet with zero and does not depend on the division into parts', () => {
  assert.equal(internetChecksum([fromHex('0001f2')]), internetChecksum([fromHex('0001f200')]));
  assert.equal(
    internetChecksum([fromHex('0001'), fromHex('f203f4')]),
    internetChecksum([fromHex('0001f203f4')]),
  );
});

test('internetChecksum() takes a sum of the words in front instead of the words', () => {
  const [front, rest] = [fromHex('ffff0001'), fromHex('f203f4f5f6f7')];
  assert.equal(internetChecksum([rest], 0xffff + 0x0001), internetChecksum([front, rest]));
});

test('internetChecksum() folds more carries than fit into one word', () => {
  assert.equal(internetChecksum([new Uint8Array(65_534).fill(0xff)]), 0);
});
