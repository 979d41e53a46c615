import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { utf8 } from '../../../src/base/text.ts';
import { LineSplitter, MAX_OUTPUT_LINE } from '../../../src/io/node/line-splitter.ts';

function split(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => void lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test('LineSplitter gives the same lines wherever the stream is cut', () => {
  const whole = utf8('eins\nzwölf\r\n\n🙂 ende');
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      assert.deepEqual(split(chunks), ['eins', 'zwölf', '', '🙂 ende']);
    }),
  );
});

test('LineSplitter hands on a line without end in pieces', () => {
  const lines = split([utf8('x'.repeat(2 * MAX_OUTPUT_LINE + 5))]);
  assert.deepEqual(
    lines.map((line) => line.length),
    [MAX_OUTPUT_LINE, MAX_OUTPUT_LINE, 5],
  );
});
