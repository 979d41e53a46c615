import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/bytes.ts';
import { crc32 } from '../../../src/base/crc32.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromUtf8, utf8 } from '../../../src/base/text.ts';
import { batchLength, encodeBatch } from '../../../src/wire/record/batch.ts';
import type { JournalRecord } from '../../../src/wire/record/frame.ts';
import { PAGE } from '../../../src/wire/record/layout.ts';
import { type SegmentScan, scanSegment } from '../../../src/wire/record/scan.ts';
import { encodeSegmentHead } from '../../../src/wire/record/segment-head.ts';

const KEY = { salt: 99, checksum: crc32 };

const record = (text: string): JournalRecord => ({ type: 1, header: utf8('h'), payload: utf8(text) });

/** A segment of these batches; sequences begin at 1, as if it were the first of its journal. */
function segment(batches: readonly (readonly string[])[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [
    encodeSegmentHead(
      {
        salt: KEY.salt,
        number: 1,
        created: Timestamp(0),
        firstSequence: 1,
        previousSequence: 0,
        previousNumber: 0,
      },
      crc32,
    ),
  ];
  let [offset, sequence] = [PAGE, 1];
  for (const [index, texts] of batches.entries()) {
    const encoded = encodeBatch(texts.map(record), { offset, batch: index + 1, sequence, key: KEY });
    parts.push(...encoded.parts);
    offset += encoded.length;
    sequence = encoded.lastSequence + 1;
  }
  return concatBytes(parts);
}

const texts = (scan: SegmentScan): string[] =>
  scan.records.filter((frame) => frame.intact).map((frame) => fromUtf8(frame.payload));

const through = (sequence: number | undefined) => ({ before: 0, through: sequence });

const THREE = [['a', 'b'], ['c'], ['d', 'e', 'f']] as const;

test('encodeBatch() fills whole pages, as batchLength() says', () => {
  for (const length of [0, 1, 3900, 4000, 4096, 10_000]) {
    const records = [record('x'.repeat(length)), record('y')];
    const encoded = encodeBatch(records, { offset: PAGE, batch: 1, sequence: 1, key: KEY });
    assert.equal(concatBytes(encoded.parts).length, encoded.length);
    assert.equal(encoded.length, batchLength(records));
    assert.equal(encoded.length % PAGE, 0);
    assert.equal(encoded.lastSequence, 3);
  }
});

test('scanSegment() reads all records of complete batches and where they end', () => {
  const scan = scanSegment(segment(THREE), KEY, through(undefined));
  assert.deepEqual(texts(scan), ['a', 'b', 'c', 'd', 'e', 'f']);
  assert.deepEqual(
    [scan.end, scan.damage, scan.lastCommitted, scan.lastSequence, scan.lastBatch],
    [4 * PAGE, [], 9, 9, 3],
  );
  assert.equal(scanSegment(segment([]), KEY, through(undefined)).end, PAGE);
});

test('scanSegment() of the last segment, cut at every byte, yields whole batches and no damage', () => {
  const bytes = segment([['a', 'b'], ['c']]);
  for (let length = 0; length <= bytes.length; length++) {
    const scan = scanSegment(bytes.subarray(0, length), KEY, through(undefined));
    const found = texts(scan).join('');
    assert.ok(['', 'ab', 'abc'].includes(found), `${found} at ${length}`);
    assert.deepEqual(scan.damage, []);
    assert.equal(scan.end, PAGE * (1 + ['', 'ab', 'abc'].indexOf(found)));
  }
});

test('scanSegment() takes a last batch with a lost record for torn, also with its COMMIT there', () => {
  const bytes = segment([['a'], ['b', 'c']]);
  bytes.fill(0, 2 * PAGE, 2 * PAGE + 8);
  const scan = scanSegment(bytes, KEY, through(undefined));
  assert.deepEqual([texts(scan), scan.damage, scan.end, scan.lastSequence], [['a'], [], 2 * PAGE, 5]);
});

test('scanSegment() reports damage before a later batch and keeps the rest', () => {
  const bytes = segment(THREE);
  bytes.fill(7, PAGE, PAGE + 40);
  const scan = scanSegment(bytes, KEY, through(undefined));
  assert.deepEqual(texts(scan), ['b', 'c', 'd', 'e', 'f']);
  assert.deepEqual(scan.damage, [{ offset: PAGE, length: 40 }]);
});

test('scanSegment() keeps a record whose payload is damaged, marked as such', () => {
  const bytes = segment(THREE);
  bytes[PAGE + 33] = 0;
  const scan = scanSegment(bytes, KEY, through(undefined));
  assert.deepEqual(
    scan.records.map((frame) => frame.intact),
    [false, true, true, true, true, true],
  );
  assert.deepEqual(scan.damage, [{ offset: PAGE, length: 40 }]);
});

test('scanSegment() reports a whole batch that is gone between others', () => {
  const bytes = segment(THREE);
  bytes.fill(0, 2 * PAGE, 3 * PAGE);
  const scan = scanSegment(bytes, KEY, through(undefined));
  assert.deepEqual(texts(scan), ['a', 'b', 'd', 'e', 'f']);
  assert.deepEqual(scan.damage, [{ offset: 2 * PAGE, length: PAGE }]);
});

test('scanSegment() tells a gone batch from the torn one after it', () => {
  const bytes = segment(THREE);
  bytes.fill(0, 2 * PAGE, 3 * PAGE);
  bytes.fill(1, 3 * PAGE + 48, 3 * PAGE + 96);
  const scan = scanSegment(bytes, KEY, through(undefined));
  assert.deepEqual(texts(scan), ['a', 'b']);
  assert.deepEqual([scan.damage, scan.end], [[{ offset: 2 * PAGE, length: PAGE }], 3 * PAGE]);
});

test('scanSegment() believes the next segment about what was committed at the end', () => {
  const bytes = segment(THREE);
  assert.deepEqual(texts(scanSegment(bytes, KEY, through(5))), ['a', 'b', 'c']);
  assert.equal(scanSegment(bytes, KEY, through(5)).end, 3 * PAGE);
  assert.deepEqual(scanSegment(bytes, KEY, through(9)).damage, []);
  bytes.fill(0, 3 * PAGE, 3 * PAGE + 40);
  assert.deepEqual(texts(scanSegment(bytes, KEY, through(9))), ['a', 'b', 'c', 'e', 'f']);
  assert.deepEqual(scanSegment(bytes, KEY, through(9)).damage, [{ offset: 3 * PAGE, length: 40 }]);
  const short = scanSegment(bytes.subarray(0, 3 * PAGE), KEY, through(9));
  assert.deepEqual(short.damage, [{ offset: 3 * PAGE, length: 0 }]);
});

test('scanSegment() of a sealed segment without a witness keeps the last batch and reports what it lacks', () => {
  const bytes = segment(THREE);
  assert.deepEqual(scanSegment(bytes, KEY, through(Infinity)).damage, []);
  const scan = scanSegment(bytes.subarray(0, 3 * PAGE + 80), KEY, through(Infinity));
  assert.deepEqual(texts(scan), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(scan.damage, [{ offset: 3 * PAGE, length: 80 }]);
});

test('scanSegment() finds no frames in a payload that holds frames of another segment', () => {
  const bait = encodeBatch([record('evil')], {
    offset: 0,
    batch: 2,
    sequence: 9,
    key: { ...KEY, salt: 100 },
  });
  const parts = [{ type: 1, header: utf8('hh'), payload: concatBytes([utf8('123456'), ...bait.parts]) }];
  const encoded = encodeBatch(parts, { offset: PAGE, batch: 1, sequence: 1, key: KEY });
  const later = encodeBatch([record('b')], {
    offset: PAGE + encoded.length,
    batch: 2,
    sequence: 20,
    key: KEY,
  });
  const bytes = concatBytes([new Uint8Array(PAGE), ...encoded.parts, ...later.parts]);
  bytes.fill(0, PAGE, PAGE + 4);
  assert.deepEqual(texts(scanSegment(bytes, KEY, through(undefined))), ['b']);
});

test('scanSegment() of random damage throws nothing and yields only records that were written', () => {
  const good = segment(THREE);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: good.length - 1 }), fc.uint8Array({ maxLength: 64 })), {
        maxLength: 6,
      }),
      fc.constantFrom(undefined, 5, 9, Infinity),
      (damages, committed) => {
        const bytes = good.slice();
        for (const [at, junk] of damages) bytes.set(junk.subarray(0, bytes.length - at), at);
        const found = texts(scanSegment(bytes, KEY, through(committed))).join('');
        assert.match(found, /^a?b?c?d?e?f?$/);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});
