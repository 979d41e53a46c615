import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostLabel } from '../../src/base/host-label.ts';

const table: readonly (readonly [string, string | undefined])[] = [
  ['PC1', 'pc1'],
  ['Alice’s iPad', 'alice-s-ipad'],
  ['pc1.office.example', 'pc1'],
  ['-_-', undefined],
  ['.hidden', undefined],
  [`${'x'.repeat(62)}-y`, 'x'.repeat(62)],
];
for (const [text, label] of table) {
  test(`hostLabel() makes ${JSON.stringify(text.slice(0, 20))} to ${label?.slice(0, 20)} (RFC 952, RFC 1123 §2.1)`, () => {
    assert.equal(hostLabel(text), label);
  });
}

test('hostLabel() of any text is a label of letters, digits and inner hyphens, or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      assert.match(hostLabel(text) ?? 'a', /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
  );
});
