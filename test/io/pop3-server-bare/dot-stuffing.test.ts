import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_SIZE, dotStuffed, topEnd } from '../../../src/io/pop3-server-bare/dot-stuffing.ts';

const stuffed = (text: string): string =>
  Buffer.concat([...dotStuffed(Buffer.from(text, 'latin1'))]).toString('latin1');

const CASES: readonly (readonly [message: string, sent: string])[] = [
  ['', '.\r\n'],
  ['a\r\n', 'a\r\n.\r\n'],
  ['a', 'a\r\n.\r\n'],
  ['.', '..\r\n.\r\n'],
  ['.\r\n', '..\r\n.\r\n'],
  ['a\r\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['a\r\n..b', 'a\r\n...b\r\n.\r\n'],
  ['a.b\r\nc.\r\n', 'a.b\r\nc.\r\n.\r\n'],
  ['\r\n\r\n', '\r\n\r\n.\r\n'],
  ['a\r', 'a\r\r\n.\r\n'],
];

for (const [message, sent] of CASES) {
  test(`dotStuffed() sends ${JSON.stringify(message)} so that the client gets it back (RFC 1939 §3)`, () => {
    assert.equal(stuffed(message), sent);
  });
}

test('dotStuffed() lets no bare LF end the reply early', () => {
  assert.equal(stuffed('a\n.\r\nb\n'), 'a\r\n..\r\nb\r\n.\r\n');
});

/** What a client does: lines up to the terminator, one dot taken off. */
function unstuffed(sent: string): string {
  const lines = sent.split('\r\n');
  assert.deepEqual(lines.slice(-2), ['.', '']);
  assert.equal(lines.indexOf('.'), lines.length - 2, 'the terminator comes once, at the end');
  return lines
    .slice(0, -2)
    .map((line) => `${line.replace(/^\./, '')}\r\n`)
    .join('');
}

test('dotStuffed() is undone by a client, for any message of whole lines', () => {
  const line = fc
    .array(fc.constantFrom('.', 'a', ' ', '\r', '\u00ff'), { maxLength: 6 })
    .map((c) => c.join(''));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      // A CR at the end of a line is part of its end.
      const message = lines.map((text) => `${text.replace(/\r+$/, '')}\r\n`).join('');
      assert.equal(unstuffed(stuffed(message)), message);
    }),
  );
});

test('dotStuffed() yields blocks of bounded size whatever the lines are', () => {
  const long = '.'.repeat(3 * BLOCK_SIZE);
  const blocks = [...dotStuffed(Buffer.from(`${long}\r\n${'.\r\n'.repeat(BLOCK_SIZE)}`))];
  assert.ok(blocks.every((block) => block.length <= BLOCK_SIZE));
  assert.equal(Buffer.concat(blocks).toString(), `.${long}\r\n${'..\r\n'.repeat(BLOCK_SIZE)}.\r\n`);
});

const top = (text: string, lines: number): string => text.slice(0, topEnd(Buffer.from(text), lines));

test('topEnd() counts lines of the body only (RFC 1939 §7, TOP)', () => {
  const message = 'A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\nfour';
  assert.equal(top(message, 0), 'A: 1\r\nB: 2\r\n\r\n');
  assert.equal(top(message, 1), 'A: 1\r\nB: 2\r\n\r\none\r\n');
  assert.equal(top(message, 3), 'A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\n');
  assert.equal(top(message, 4), message);
  assert.equal(top(message, 999_999_999), message);
});

test('topEnd() takes a message without a blank line for a header', () => {
  assert.equal(top('A: 1\r\nB: 2', 0), 'A: 1\r\nB: 2');
  assert.equal(top('', 5), '');
});
