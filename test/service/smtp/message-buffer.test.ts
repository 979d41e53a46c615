import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BufferBudget, MessageBuffer } from '../../../src/service/smtp/message-buffer.ts';

test('MessageBuffer holds what was pushed, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 }), (chunks) => {
      const buffer = new MessageBuffer(1_000_000, new BufferBudget(1_000_000));
      for (const chunk of chunks) buffer.push(chunk);
      assert.deepEqual(Buffer.from(buffer.content), Buffer.concat(chunks));
    }),
  );
});

test('MessageBuffer cuts ranges out of its content, and puts a head in front of what is left', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uniqueArray(fc.nat({ max: 200 }), { maxLength: 8 }),
      fc.nat({ max: 20 }),
      (content, bounds, headroom) => {
        const buffer = new MessageBuffer(1000, new BufferBudget(10_000), headroom);
        buffer.push(content);
        const ends = bounds.map((bound) => Math.min(bound, content.length)).toSorted((a, b) => a - b);
        const ranges = ends.flatMap((start, index) => {
          const end = ends[index + 1];
          return index % 2 === 0 && end !== undefined ? [{ start, end }] : [];
        });
        const left = [...content].filter(
          (_, at) => !ranges.some(({ start, end }) => at >= start && at < end),
        );
        buffer.cut(ranges);
        assert.deepEqual([...buffer.content], left);
        assert.deepEqual([...buffer.contentAfter(new Uint8Array([1, 2]))], [1, 2, ...left]);
      },
    ),
  );
});

test('MessageBuffer takes a message of exactly the limit and drops a larger one at once', () => {
  const budget = new BufferBudget(1000);
  const exact = new MessageBuffer(1000, budget);
  exact.push(new Uint8Array(1000));
  assert.deepEqual([exact.state, exact.content.length], ['whole', 1000]);
  exact.push(new Uint8Array(1));
  assert.deepEqual([exact.state, exact.content.length], ['too-large', 0]);
  assert.equal(budget.take(1000), true, 'its memory is free again');
});

test('MessageBuffer drops a message for which the budget has no room, and gives its memory back', () => {
  const budget = new BufferBudget(12_000);
  const first = new MessageBuffer(8192, budget);
  first.push(new Uint8Array(10));
  const second = new MessageBuffer(8192, budget);
  second.push(new Uint8Array(10));
  assert.deepEqual([first.state, second.state], ['whole', 'no-room']);
  first.release();
  const third = new MessageBuffer(8192, budget);
  third.push(new Uint8Array(10));
  assert.equal(third.state, 'whole');
});

test('MessageBuffer may be released twice', () => {
  const budget = new BufferBudget(100);
  const buffer = new MessageBuffer(100, budget);
  buffer.push(new Uint8Array(1));
  buffer.release();
  buffer.release();
  assert.deepEqual([budget.take(100), budget.take(1)], [true, false]);
});

test('MessageBuffer puts a head in front of its content, whether room was left for it or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.uint8Array({ maxLength: 20 }),
      fc.nat({ max: 20 }),
      (chunks, head, headroom) => {
        const buffer = new MessageBuffer(1_000_000, new BufferBudget(1_000_000), headroom);
        for (const chunk of chunks) buffer.push(chunk);
        assert.deepEqual(Buffer.from(buffer.contentAfter(head)), Buffer.concat([head, ...chunks]));
        assert.deepEqual(Buffer.from(buffer.content), Buffer.concat(chunks));
      },
    ),
  );
});

test('MessageBuffer takes a message of exactly the limit besides the room for a head', () => {
  const buffer = new MessageBuffer(1000, new BufferBudget(1100), 100);
  buffer.push(new Uint8Array(1000));
  assert.deepEqual([buffer.state, buffer.contentAfter(new Uint8Array(100)).length], ['whole', 1100]);
});
