import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_SIZE, DotStuffer, blocksOf } from '../../../src/io/pop3-server-bare/dot-stuffing.ts';

/** As it is sent when it comes in these pieces. */
function stuffedPieces(pieces: readonly string[]): string {
  const stuffer = new DotStuffer();
  const sent = pieces.map((piece) => stuffer.push(Buffer.from(piece, 'latin1')));
  return Buffer.concat([...sent, stuffer.end()]).toString('latin1');
}

const stuffed = (text: string): string => stuffedPieces([text]);

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
  test(`DotStuffer sends ${JSON.stringify(message)} so that the client gets it back (RFC 1939 §3)`, () => {
    assert.equal(stuffed(message), sent);
  });
}

test('DotStuffer lets no bare LF end the reply early', () => {
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

test('DotStuffer is undone by a client, for any message of whole lines', () => {
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

test('DotStuffer sends the same wherever a message is cut', () => {
  const octets = fc.array(fc.constantFrom('.', 'a', '\r', '\n', '\r\n', '\r\n.'), { maxLength: 12 });
  fc.assert(
    fc.property(octets, (parts) => {
      const whole = stuffed(parts.join(''));
      assert.equal(stuffedPieces(parts.join('').split('')), whole);
      assert.equal(stuffedPieces(parts), whole);
    }),
  );
});

test('DotStuffer gives back the very octets that need nothing, without a copy', () => {
  const message = Buffer.from('a\r\nb.c\r\n');
  assert.equal(new DotStuffer().push(message), message);
});

test('blocksOf() cuts a message into pieces of bounded size that are the whole of it', () => {
  const message = Buffer.from('x'.repeat(2 * BLOCK_SIZE + 1));
  const blocks = [...blocksOf(message)];
  assert.deepEqual(
    blocks.map((block) => block.length),
    [BLOCK_SIZE, BLOCK_SIZE, 1],
  );
  assert.deepEqual(Buffer.concat(blocks), message);
});
