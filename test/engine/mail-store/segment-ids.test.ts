import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SegmentIds } from '../../../src/engine/mail-store/segment-ids.ts';

const intact = (number: number) => ({ number, isDamaged: false });

test('SegmentIds.mayHold() knows the numbers between the lowest and the highest of a segment', () => {
  const ids = new SegmentIds();
  for (const id of [7, 5, 9]) ids.add(3, id);
  assert.deepEqual(
    [4, 5, 8, 9, 10].map((id) => ids.mayHold(intact(3), [id])),
    [false, true, true, true, false],
  );
  assert.equal(ids.mayHold(intact(3), [1, 7, 20]), true);
  assert.equal(ids.mayHold(intact(4), [7]), false);
  ids.delete(3);
  assert.equal(ids.mayHold(intact(3), [7]), false);
});

test('SegmentIds.mayHold() takes a damaged segment for one that may hold anything', () => {
  assert.equal(new SegmentIds().mayHold({ number: 1, isDamaged: true }, [7]), true);
});

test('SegmentIds.firstReaching() never passes over a segment that may hold the number, whatever was removed', () => {
  const segment = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 5 });
  const history = fc.array(segment, { maxLength: 12 });
  fc.assert(
    fc.property(history, fc.array(fc.nat({ max: 12 })), fc.nat({ max: 55 }), (contents, removed, id) => {
      const ids = new SegmentIds();
      for (const [number, some] of contents.entries()) for (const one of some) ids.add(number + 1, one);
      for (const number of removed) ids.delete(number);
      const holders = contents
        .map((_, index) => index + 1)
        .filter((number) => ids.mayHold(intact(number), [id]));
      assert.ok(ids.firstReaching(id) <= Math.min(...holders, Infinity));
      const isAbove = contents.every((some, index) => removed.includes(index + 1) || Math.max(...some) < id);
      assert.equal(ids.firstReaching(id) === Infinity, isAbove);
    }),
  );
});
