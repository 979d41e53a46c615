import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes, equalBytes, withoutTrailing } from '../../src/base/bytes.ts';

const octets = (bytes: Uint8Array): number[] => [...bytes];

test('concatBytes() joins the parts in order into an array of its own', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (parts) => {
      assert.deepEqual(octets(concatBytes(parts)), parts.flatMap(octets));
    }),
  );
  const part = Uint8Array.of(1);
  const whole = concatBytes([part]);
  part[0] = 2;
  assert.equal(whole[0], 1);
});

test('equalBytes() compares contents, not places', () => {
  const bytes = Uint8Array.of(9, 1, 2, 3, 9);
  assert.ok(equalBytes(bytes.subarray(1, 4), Uint8Array.of(1, 2, 3)));
  assert.ok(equalBytes(new Uint8Array(), new Uint8Array()));
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
});

test('equalBytes() tells a text from one that only begins like it', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 1 }), (bytes, tail) => {
      const longer = concatBytes([bytes, tail]);
      assert.ok(!equalBytes(bytes, longer));
      assert.ok(!equalBytes(longer, bytes));
    }),
  );
});

test('withoutTrailing() leaves out what stands at the end, and only there', () => {
  assert.deepEqual(octets(withoutTrailing(Uint8Array.of(0, 1, 0, 46, 0), 0, 46)), [0, 1]);
  assert.deepEqual(octets(withoutTrailing(Uint8Array.of(0, 1, 0, 46, 0), 0)), [0, 1, 0, 46]);
  assert.deepEqual(octets(withoutTrailing(new Uint8Array(3), 0)), []);
});
