import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/bytes.ts';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { DataDecoder } from '../../../src/wire/smtp/data-decoder.ts';

/** The message and what is left behind its end, however it is cut; undefined without an end. */
function decodeAll(pieces: readonly string[]): readonly [message: string, rest: string | undefined] {
  const decoder = new DataDecoder();
  const contents: Uint8Array[] = [];
  for (const [index, piece] of pieces.entries()) {
    const { content, end } = decoder.decode(Buffer.from(latin1(piece)));
    contents.push(content);
    if (end !== undefined) {
      const rest = piece.slice(end) + pieces.slice(index + 1).join('');
      return [fromLatin1(concatBytes(contents)), rest];
    }
  }
  return [fromLatin1(concatBytes(contents)), undefined];
}

const VECTORS: readonly (readonly [wire: string, message: string, rest: string | undefined])[] = [
  ['.\r\n', '', ''],
  ['.\r\nQUIT\r\n', '', 'QUIT\r\n'],
  ['\r\n.\r\n', '\r\n', ''],
  ['x\r\n.\r\n.\r\n', 'x\r\n', '.\r\n'],
  ['..\r\n.\r\n', '.\r\n', ''],
  ['...\r\n.\r\n', '..\r\n', ''],
  ['.x\r\n.\r\n', 'x\r\n', ''],
  ['x\r\n..\r\n..\r\n.\r\nx', 'x\r\n.\r\n.\r\n', 'x'],
  ['x\r\n. \r\n.\r\n', 'x\r\n \r\n', ''],
  ['x.\r\n.\r\n', 'x.\r\n', ''],
  ['x', 'x', undefined],
  ['x\r\n.', 'x\r\n', undefined],
  ['x\r\n.\r', 'x\r\n', undefined],
  ['x\r\n.\rx\r\n.\r\n', 'x\r\n\rx\r\n', ''],
  ['x\r\n.\r\r\n.\r\n', 'x\r\n\r\r\n', ''],
  ['x\r\n.\n\r\n.\r\n', 'x\r\n\n\r\n', ''],
  ['x\n.\n\r\n.\r\n', 'x\n.\n\r\n', ''],
  ['x\n.\r\n.\r\n', 'x\n.\r\n', ''],
  ['x\r.\r\r\n.\r\n', 'x\r.\r\r\n', ''],
  ['x\n..\r\n.\r\n', 'x\n..\r\n', ''],
  ['x\r\n\0.\r\n.\r\n', 'x\r\n\0.\r\n', ''],
];

for (const [wire, message, rest] of VECTORS) {
  test(`DataDecoder takes ${JSON.stringify(message)} from ${JSON.stringify(wire)}, at any two cuts (RFC 5321 §4.5.2)`, () => {
    for (let first = 0; first <= wire.length; first++) {
      for (let second = first; second <= wire.length; second++) {
        const pieces = [wire.slice(0, first), wire.slice(first, second), wire.slice(second)];
        assert.deepEqual(decodeAll(pieces), [message, rest], JSON.stringify(pieces));
      }
    }
  });
}

const TEXT = fc.array(fc.constantFrom('\r', '\n', '.', 'x', '\r\n', '\r\n.', '\0'), { maxLength: 30 });

/** As a sender that keeps to the RFC puts it on the wire. */
const stuffed = (message: string): string => message.replaceAll(/(^|\r\n)\./g, '$1..');

test('DataDecoder gives back whatever was stuffed, and finds the end where the sender has put it', () => {
  fc.assert(
    fc.property(TEXT, fc.array(fc.nat(80), { maxLength: 6 }), (parts, cuts) => {
      const message = `${parts.join('')}\r\n`;
      const wire = `${stuffed(message)}.\r\nNOOP\r\n`;
      const places = [0, ...cuts.toSorted((a, b) => a - b), wire.length];
      const pieces = places.slice(1).map((place, index) => wire.slice(places[index], place));
      assert.deepEqual(decodeAll(pieces), [message, 'NOOP\r\n']);
    }),
  );
});

test('DataDecoder reads any octets as the rule of the RFC does, said in regular expressions', () => {
  fc.assert(
    fc.property(TEXT, fc.nat(40), (parts, cut) => {
      const wire = parts.join('');
      const end = /^\.\r\n|\r\n\.\r\n/.exec(wire);
      const head = end === null ? wire : wire.slice(0, end.index + end[0].length - 3);
      const [message, rest] = decodeAll([wire.slice(0, cut), wire.slice(cut)]);
      const expected = head.replaceAll(/(^|\r\n)\./g, '$1');
      if (end === null) assert.ok(expected === message || expected === `${message}\r`);
      else assert.deepEqual([message, rest], [expected, wire.slice(end.index + end[0].length)]);
    }),
  );
});
