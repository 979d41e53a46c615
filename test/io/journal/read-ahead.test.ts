import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadAhead } from '../../../src/io/journal/read-ahead.ts';

const KIB = 1024;
const FILE = Uint8Array.from({ length: 1024 * KIB }, (_, index) => (index * 7) % 251);

/** Reads records of a file through {@link ReadAhead} and counts the reads of the file. */
class Reader {
  readonly ahead = new ReadAhead();
  committed = FILE.length;
  reads = 0;
  farthest = 0;

  read(offset: number, length: number, segment = 1): void {
    let record = this.ahead.find(segment, offset, length);
    if (record === undefined) {
      const wanted = this.ahead.lengthFor(segment, { offset, length, committed: this.committed });
      this.reads++;
      this.farthest = Math.max(this.farthest, offset + wanted);
      record = this.ahead.keep(segment, { offset, length }, FILE.slice(offset, offset + wanted));
    }
    assert.deepEqual(record, FILE.subarray(offset, offset + length));
  }
}

test('ReadAhead serves records that are read in order from few reads of the file', () => {
  const reader = new Reader();
  for (let offset = 0; offset + 8 * KIB <= FILE.length; offset += 8 * KIB) reader.read(offset, 8 * KIB - 100);
  assert.ok(reader.reads <= 10, `${reader.reads} reads`);
});

test('ReadAhead reads no more than a record of one that is read alone or out of order', () => {
  const reader = new Reader();
  for (const offset of [500, 300, 900, 100]) reader.read(offset * KIB, 4 * KIB);
  assert.equal(reader.reads, 4);
  assert.equal(reader.farthest, 904 * KIB);
});

test('ReadAhead never reads behind what is committed, where bytes may still change', () => {
  const reader = new Reader();
  reader.committed = 20 * KIB;
  reader.read(0, 8 * KIB);
  reader.read(8 * KIB, 8 * KIB);
  assert.equal(reader.farthest, 20 * KIB);
  reader.committed = 64 * KIB;
  reader.read(16 * KIB, 8 * KIB);
  assert.equal(reader.reads, 3);
});

test('ReadAhead keeps a bounded number of windows, and none of a segment that is gone', () => {
  const reader = new Reader();
  for (let segment = 1; segment <= 5; segment++) {
    reader.read(0, KIB, segment);
    reader.read(KIB, KIB, segment);
  }
  assert.equal(reader.ahead.find(1, KIB, KIB), undefined);
  assert.notEqual(reader.ahead.find(5, KIB, KIB), undefined);
  reader.ahead.forget(5);
  assert.equal(reader.ahead.find(5, KIB, KIB), undefined);
});
