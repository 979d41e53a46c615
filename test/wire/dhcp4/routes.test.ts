import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { classlessRoutes } from '../../../src/wire/dhcp4/routes.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';

// Descriptors of RFC 3442, "Classless Route Option Format".
const table: readonly (readonly [string, string])[] = [
  ['0.0.0.0/0', '00'],
  ['10.0.0.0/8', '080a'],
  ['10.0.0.0/24', '180a0000'],
  ['10.17.0.0/16', '100a11'],
  ['10.27.129.0/24', '180a1b81'],
  ['10.229.0.128/25', '190ae50080'],
  ['10.198.122.47/32', '200ac67a2f'],
];

test('classlessRoutes reads and writes the descriptors of RFC 3442', () => {
  const router = parseIpv4('192.0.2.1');
  for (const [prefix, hex] of table) {
    const routes = [{ destination: parsePrefix4(prefix), router }];
    assert.equal(toHex(encodeAll(classlessRoutes, routes)), `${hex}c0000201`);
    assert.deepEqual(decodeAll(classlessRoutes, fromHex(`${hex}c0000201`)), routes);
  }
});

test('classlessRoutes rejects a length above 32, a cut route and no route', () => {
  for (const hex of ['210a000000 00c0000201', '080ac00002', ''])
    assert.throws(() => decodeAll(classlessRoutes, fromHex(hex)), DecodeError);
});

test('classlessRoutes throws only DecodeError for random bytes, and what it reads is written back the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        const routes = decodeAll(classlessRoutes, bytes);
        assert.deepEqual(decodeAll(classlessRoutes, encodeAll(classlessRoutes, routes)), routes);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
  );
});
