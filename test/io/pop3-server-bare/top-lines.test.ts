import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopLines } from '../../../src/io/pop3-server-bare/top-lines.ts';

function top(pieces: readonly string[], lines: number): string {
  const wanted = new TopLines(lines);
  return pieces.map((piece) => piece.slice(0, wanted.take(Buffer.from(piece)))).join('');
}

const MESSAGE = 'A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\nfour';

test('TopLines counts lines of the body only (RFC 1939 §7, TOP)', () => {
  assert.equal(top([MESSAGE], 0), 'A: 1\r\nB: 2\r\n\r\n');
  assert.equal(top([MESSAGE], 1), 'A: 1\r\nB: 2\r\n\r\none\r\n');
  assert.equal(top([MESSAGE], 3), 'A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\n');
  assert.equal(top([MESSAGE], 4), MESSAGE);
  assert.equal(top([MESSAGE], 999_999_999), MESSAGE);
});

test('TopLines takes a message without a blank line for a header', () => {
  assert.equal(top(['A: 1\r\nB: 2'], 0), 'A: 1\r\nB: 2');
  assert.equal(top([''], 5), '');
});

test('TopLines takes a message that begins with a blank line for one without a header', () => {
  assert.equal(top(['\r\none\r\ntwo\r\n'], 1), '\r\none\r\n');
});

test('TopLines ends at the same octet wherever a message is cut', () => {
  const parts = fc.array(fc.constantFrom('a', '\r', '\n', '\r\n', '\r\n\r\n'), { maxLength: 14 });
  fc.assert(
    fc.property(parts, fc.nat(4), (parts, lines) => {
      assert.equal(top(parts.join('').split(''), lines), top([parts.join('')], lines));
    }),
  );
});
