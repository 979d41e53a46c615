import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { printable } from '../../src/base/printable.ts';

test('printable() leaves ordinary text of any script alone', () => {
  assert.equal(printable('Grüße, 世界 🙂 a\\b', 100), 'Grüße, 世界 🙂 a\\b');
});

test('printable() escapes what could forge a line or steer a terminal', () => {
  assert.equal(
    printable('a\nb\u001b[2Jc\u009bd\u2028e\u202ef\u007f', 100),
    'a\\x0ab\\x1b[2Jc\\x9bd\\u2028e\\u202ef\\x7f',
  );
});

test('printable() cuts at the limit and says so', () => {
  assert.equal(printable('abcdef', 6), 'abcdef');
  assert.equal(printable('abcdefg', 6), 'abcde…');
  assert.equal(printable('\n'.repeat(10_000_000), 9), '\\x0a\\x0a…');
  assert.equal(printable('🙂🙂🙂', 4), '🙂…');
});

test('printable() gives well-formed printable text within the limit, and the same when applied twice', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, limit) => {
      const once = printable(text, limit);
      assert.ok(once.length <= limit);
      assert.ok(once.isWellFormed());
      assert.ok(!/[\u0000-\u001f\u007f-\u009f]/.test(once));
      assert.equal(printable(once, limit), once);
    }),
  );
});
