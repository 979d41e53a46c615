import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex } from '../../../src/base/hex.ts';
import { latin1 } from '../../../src/base/text.ts';
import { clientFqdn, nameOfFqdn } from '../../../src/wire/dhcp4/fqdn.ts';
import { decodeAll } from '../../../src/wire/field/codec.ts';

const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['the wire form of a full name', '040000 03706333 06 6f6666696365 00', 'pc3.office'],
  ['the wire form of a partial name, without its final zero', '040000 03706333', 'pc3'],
  ['the deprecated plain form', '010000 706333', 'pc3'],
  ['the plain form with a final dot and zero', '000000 7063332e00', 'pc3'],
  ['no name', '040000', undefined],
  ['a broken wire form', '040000 09706333', undefined],
];
for (const [what, hex, name] of cases) {
  test(`nameOfFqdn() reads ${what} (RFC 4702 §2.3.1)`, () => {
    assert.equal(nameOfFqdn(decodeAll(clientFqdn, fromHex(hex))), name);
  });
}

test('nameOfFqdn() keeps dots and zeros within a plain name, however many', () => {
  const inner = '\0.'.repeat(250_000);
  const name = latin1(`pc${inner}3${inner}`);
  assert.equal(nameOfFqdn({ ...decodeAll(clientFqdn, fromHex('000000')), name }), `pc${inner}3`);
});

test('nameOfFqdn() reads any option that is long enough, or finds no name in it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 80 }), (bytes) => {
      assert.notEqual(nameOfFqdn(decodeAll(clientFqdn, bytes)), '');
    }),
  );
});
