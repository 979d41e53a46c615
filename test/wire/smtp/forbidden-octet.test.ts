import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../src/base/text.ts';
import { findForbiddenOctet } from '../../../src/wire/smtp/forbidden-octet.ts';

const CASES: readonly (readonly [text: string, found: string | undefined])[] = [
  ['', undefined],
  ['a\r\n', undefined],
  ['a\r\n\r\nb\xff\t\r\n', undefined],
  ['a\n', 'bare LF'],
  ['\n', 'bare LF'],
  ['a\r', 'bare CR'],
  ['a\rb\r\n', 'bare CR'],
  ['a\r\r\n', 'bare CR'],
  ['a\r\n\n', 'bare LF'],
  ['a\n\r\n', 'bare LF'],
  ['a\0b\r\n', 'NUL'],
];

for (const [text, found] of CASES) {
  test(`findForbiddenOctet() finds ${found ?? 'nothing'} in ${JSON.stringify(text)} (RFC 5321 §2.3.8)`, () => {
    assert.equal(findForbiddenOctet(latin1(text)), found);
  });
}

test('findForbiddenOctet() finds nothing exactly when only whole CRLFs are left', () => {
  const text = fc
    .array(fc.constantFrom('\r', '\n', '\0', 'a', '\r\n'), { maxLength: 12 })
    .map((c) => c.join(''));
  fc.assert(
    fc.property(text, (one) => {
      const isClean = !/[\r\n\0]/.test(one.replaceAll('\r\n', ''));
      assert.equal(findForbiddenOctet(latin1(one)) === undefined, isClean);
    }),
  );
});

test('findForbiddenOctet() finds the first one wherever it and the message lie in memory', () => {
  const octets = fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 9, max: 255 }) }, fc.constantFrom(0, 10, 13)),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(octets, fc.nat(7), (one, offset) => {
      const room = new Uint8Array(offset + one.length + 4);
      room.set(one, offset);
      const first = /\0|\r(?!\n)|(?<!\r)\n/.exec(String.fromCharCode(...one))?.[0];
      const name = first === undefined ? undefined : { '\0': 'NUL', '\r': 'bare CR', '\n': 'bare LF' }[first];
      assert.equal(findForbiddenOctet(room.subarray(offset, offset + one.length)), name);
    }),
    { numRuns: 1000 },
  );
});
