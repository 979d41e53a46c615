import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32 } from '../../../src/base/crc32.ts';
import { InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { utf8 } from '../../../src/base/text.ts';
import {
  type JournalRecord,
  decodeFrame,
  encodeFrameHead,
  frameLength,
} from '../../../src/wire/record/frame.ts';
import { decodeSegmentHead, encodeSegmentHead } from '../../../src/wire/record/segment-head.ts';

const KEY = { salt: 0x1234_5678, checksum: crc32 };
const PLACE = { batch: 3, sequence: 0x1_0000_0007 };
const RECORD = { type: 7, header: utf8('abc'), payload: utf8('hello') };

// Checksums computed with Python's zlib.crc32 over the bytes beside them.
const HEAD = `47505246 07 00 0003 00000005 00000003 0000000100000007 3610a686 SEAL 616263`;

function wholeFrame(record: JournalRecord): Uint8Array {
  const bytes = new Uint8Array(frameLength(record));
  const head = encodeFrameHead(record, PLACE, KEY);
  bytes.set(head);
  if (record.payload !== undefined) bytes.set(record.payload, head.length);
  return bytes;
}

test('encodeFrameHead() writes magic, lengths, place and both checksums, big-endian', () => {
  const before = fromHex(HEAD.slice(0, HEAD.indexOf('SEAL')));
  const seal = zlibCrc32(utf8('abc'), zlibCrc32(before, KEY.salt));
  const wanted = HEAD.replace('SEAL', seal.toString(16).padStart(8, '0')).replaceAll(' ', '');
  assert.equal(toHex(encodeFrameHead(RECORD, PLACE, KEY)), wanted);
  assert.equal(frameLength(RECORD), 40);
});

test('decodeFrame() reads what encodeFrameHead() and the payload make, at any offset, without copying', () => {
  const bytes = new Uint8Array(64);
  bytes.set(wholeFrame(RECORD), 16);
  const frame = decodeFrame(bytes, 16, KEY);
  assert.ok(frame !== undefined);
  assert.deepEqual(
    { ...frame, header: toHex(frame.header), payload: toHex(frame.payload) },
    { ...PLACE, type: 7, offset: 16, length: 40, header: '616263', payload: '68656c6c6f', intact: true },
  );
  assert.equal(frame.payload.buffer, bytes.buffer);
});

test('decodeFrame() tells every changed bit of a frame', () => {
  const good = wholeFrame(RECORD);
  for (let bit = 0; bit < 40 * 8; bit++) {
    const bytes = good.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const frame = decodeFrame(bytes, 0, KEY);
    const isPayload = bit >= 35 * 8;
    assert.equal(frame?.intact, isPayload ? false : undefined, `bit ${bit}`);
  }
});

test('decodeFrame() never takes a frame cut short for an intact one', () => {
  const good = wholeFrame(RECORD);
  for (let length = 0; length < good.length; length++) {
    assert.notEqual(decodeFrame(good.subarray(0, length), 0, KEY)?.intact, true, `${length} bytes`);
  }
});

test('decodeFrame() does not know frames of another segment', () => {
  assert.equal(decodeFrame(wholeFrame(RECORD), 0, { ...KEY, salt: 1 }), undefined);
});

test('encodeFrameHead() refuses a header longer than its length field', () => {
  assert.throws(
    () => encodeFrameHead({ type: 1, header: new Uint8Array(65536) }, PLACE, KEY),
    InvariantError,
  );
});

test('decodeSegmentHead() reads encodeSegmentHead() from either of the two copies and no other damage', () => {
  const head = {
    salt: 0xdead_beef,
    number: 42,
    created: Timestamp(1_700_000_000_000),
    firstSequence: 1000,
    previousSequence: 998,
    previousNumber: 41,
  };
  const page = encodeSegmentHead(head, crc32);
  assert.equal(page.length, 4096);
  assert.equal(
    toHex(page.subarray(0, 60)),
    '4750534547 4d4e54 0001 0000 deadbeef 000000000000002a 0000018bcfe56800 00000000000003e8 00000000000003e6 0000000000000029'
      .replaceAll(' ', '')
      .padEnd(120, '0'),
  );
  const read = { version: 1, ...head };
  assert.deepEqual(decodeSegmentHead(page, crc32), read);
  const halves = [page.slice().fill(0, 0, 2048), page.slice().fill(0, 2048)];
  for (const half of halves) assert.deepEqual(decodeSegmentHead(half, crc32), read);
  assert.equal(decodeSegmentHead(page.slice().fill(9, 0, 1).fill(9, 2048, 2049), crc32), undefined);
  assert.equal(decodeSegmentHead(page.subarray(0, 63), crc32), undefined);
});
