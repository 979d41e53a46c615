import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Timestamp } from '../../../src/base/instant.ts';
import {
  type SegmentIndex,
  decodeSegmentIndex,
  encodeSegmentIndex,
} from '../../../src/wire/record/segment-index.ts';

const INDEX: SegmentIndex = {
  head: {
    salt: 7,
    number: 42,
    created: Timestamp(1_700_000_000_000),
    firstSequence: 100,
    previousSequence: 99,
    previousNumber: 41,
  },
  lastBatch: 3,
  end: 16_384,
  lastCommitted: 110,
  lastSequence: 112,
  records: [
    { type: 1, header: Uint8Array.of(1, 2, 3), offset: 4096, length: 1000 },
    { type: 200, header: new Uint8Array(), offset: 8192, length: 40 },
  ],
};

test('encodeSegmentIndex() and decodeSegmentIndex() agree, also without records', () => {
  for (const index of [INDEX, { ...INDEX, records: [] }]) {
    const decoded = decodeSegmentIndex(encodeSegmentIndex(index, crc32), crc32);
    assert.deepEqual(decoded && { ...decoded, records: [...decoded.records] }, {
      ...index,
      head: { ...index.head, version: 1 },
    });
  }
});

test('decodeSegmentIndex() takes no cut and no changed byte for an index', () => {
  const bytes = encodeSegmentIndex(INDEX, crc32);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeSegmentIndex(bytes.subarray(0, length), crc32), undefined);
  }
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x40;
    assert.equal(decodeSegmentIndex(changed, crc32), undefined, `byte ${at}`);
  }
});

test('decodeSegmentIndex() takes random bytes without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(decodeSegmentIndex(bytes, crc32), undefined);
    }),
    { seed: 9 },
  );
});
