import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineReader } from '../../../src/io/pop3-server-bare/line-reader.ts';

function readAll(limit: number, chunks: readonly Uint8Array[]): string[] {
  const reader = new LineReader(limit);
  const lines: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      lines.push(line.kind === 'line' ? Buffer.from(line.bytes).toString('latin1') : '<too long>');
    }
  }
  return lines;
}

test('LineReader cuts at CRLF and at a bare LF and keeps what is not ended', () => {
  assert.deepEqual(readAll(10, [Buffer.from('a\r\nbc\n\r\nd')]), ['a', 'bc', '']);
});

test('LineReader takes a line of exactly the limit and reports a longer one once, at its end', () => {
  assert.deepEqual(readAll(4, [Buffer.from('1234\r\n12345\r\n1234567890\r\nok\r\n')]), [
    '1234',
    '<too long>',
    '<too long>',
    'ok',
  ]);
});

test('LineReader yields the same lines for every cut of the stream', () => {
  const stream = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bcd', 'efghij'), { maxLength: 40 })
    .map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200), { maxLength: 8 }), (bytes, places) => {
      const cuts = [...new Set(places.map((place) => Math.min(place, bytes.length)))].toSorted(
        (a, b) => a - b,
      );
      const chunks = [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
      assert.deepEqual(readAll(5, chunks), readAll(5, [bytes]));
    }),
  );
});

test('LineReader forgets what was pushed when it is cleared', () => {
  const reader = new LineReader(10);
  reader.push(Buffer.from('one\r\ntwo\r\nthr'));
  assert.equal(reader.next()?.kind, 'line');
  reader.clear();
  assert.equal(reader.next(), undefined);
  reader.push(Buffer.from('four\r\n'));
  assert.deepEqual(reader.next(), { kind: 'line', bytes: Buffer.from('four') });
});
