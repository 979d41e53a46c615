import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegmentShares } from '../../../src/engine/compaction/segment-shares.ts';

const place = (segment: number, length: number) => ({ segment, offset: 0, length });
const segment = (number: number, size: number, isCompactable = true) => ({ number, size, isCompactable });

test('SegmentShares.pick() takes the segment with the smallest live share below 40 %', () => {
  const shares = new SegmentShares();
  shares.add(place(1, 50_000));
  shares.add(place(2, 30_000));
  shares.add(place(3, 20_000));
  const segments = [segment(1, 100_000), segment(2, 100_000), segment(3, 100_000)];
  assert.equal(shares.pick(segments), 3);
  assert.equal(shares.pick(segments.slice(0, 2)), 2);
  assert.equal(shares.pick(segments.slice(0, 1)), undefined);
  shares.drop(place(1, 20_000));
  assert.equal(shares.live(1), 30_000);
  assert.equal(shares.pick(segments.slice(0, 1)), 1);
});

test('SegmentShares.pick() leaves segments that may not be compacted or whose copy would take as much room', () => {
  const shares = new SegmentShares();
  assert.equal(shares.pick([segment(1, 8192, false)]), undefined);
  assert.equal(shares.pick([segment(1, 8192)]), 1);
  shares.add(place(1, 40));
  assert.equal(shares.pick([segment(1, 12_288)]), undefined);
  assert.equal(shares.pick([segment(1, 16_384)]), 1);
});
