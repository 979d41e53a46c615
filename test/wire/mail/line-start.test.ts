import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../src/base/text.ts';
import { nextLineStart } from '../../../src/wire/mail/line-start.ts';

test('nextLineStart() is behind the next line end, near or far, or at the end', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 4 }), fc.nat(70), (lengths, start) => {
      const text = lengths.map((length) => 'x'.repeat(length)).join('\n');
      const at = Math.min(start, text.length);
      const lf = text.indexOf('\n', at);
      assert.equal(nextLineStart(latin1(text), at), lf < 0 ? text.length : lf + 1);
    }),
    { numRuns: 1000 },
  );
});
