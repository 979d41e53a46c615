import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiText } from '../../src/base/ascii-text.ts';

test('asciiText() leaves ASCII alone and spells the rest out (RFC 6533 section 3)', () => {
  assert.equal(asciiText('550 No such user', 100), '550 No such user');
  assert.equal(asciiText('Empfänger für 5€ 😀', 100), 'Empf\\x{E4}nger f\\x{FC}r 5\\x{20AC} \\x{1F600}');
  assert.equal(asciiText('long, and cut…', 100), 'long, and cut...');
});

test('asciiText() keeps its limit, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 50 }), (text, limit) => {
      const made = asciiText(text, limit);
      assert.ok(made.length <= limit);
      assert.doesNotMatch(made, /[^\u0000-\u007f]/);
    }),
  );
});
