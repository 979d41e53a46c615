import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/bytes.ts';
import { InvariantError } from '../../../src/base/errors.ts';
import { FrameSplitter, frameMessage } from '../../../src/wire/dns/stream-frame.ts';

test('FrameSplitter yields the framed messages whatever the cuts of the stream (RFC 1035 §4.2.2)', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, sizes) => {
      const stream = concatBytes(sent.map(frameMessage));
      const splitter = new FrameSplitter();
      const received: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        received.push(...splitter.push(stream.subarray(at, at + size)));
        at += size;
      }
      assert.deepEqual(received, sent);
      assert.ok(!splitter.isWithinMessage);
    }),
  );
});

test('FrameSplitter.isWithinMessage tells of a message that has begun', () => {
  const splitter = new FrameSplitter();
  assert.deepEqual(splitter.push(Uint8Array.of(0)), []);
  assert.ok(splitter.isWithinMessage);
  assert.deepEqual(splitter.push(Uint8Array.of(1, 7)), [Uint8Array.of(7)]);
  assert.ok(!splitter.isWithinMessage);
});

test('frameMessage() refuses what its 16-bit length cannot say', () => {
  assert.equal(frameMessage(new Uint8Array(65_535)).length, 65_537);
  assert.throws(() => frameMessage(new Uint8Array(65_536)), InvariantError);
});
