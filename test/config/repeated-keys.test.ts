import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError } from '../../src/base/errors.ts';
import { parseConfigText } from '../../src/config/load.ts';
import { repeatedKeys } from '../../src/config/repeated-keys.ts';

test('repeatedKeys() names each key that stands twice in one object, with its place', () => {
  const text = `{ "mode": "router", "lan": { "a": [1, { "b": "x,}\\"{", "b": {}, "b": [] }], "mode": 2 },
    "dhcp": {}, "mod\\u0065": "firewall", "dhcp": { "a": 1 } }`;
  assert.deepEqual(
    repeatedKeys(text).map(({ path, found }) => `${path}: ${found}`),
    ['lan.a[1].b: the key 3 times', 'mode: the key 2 times', 'dhcp: the key 2 times'],
  );
});

test('repeatedKeys() finds nothing in what JSON.stringify() writes', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(repeatedKeys(text), []);
    }),
  );
});

test('parseConfigText() refuses a text of which JSON.parse() would leave something out', () => {
  assert.throws(
    () => parseConfigText('{"version":1,"dhcp":{"enabled":false},"dhcp":{}}'),
    (error) =>
      error instanceof ConfigError && error.message === 'dhcp: found the key 2 times, wanted each key once',
  );
  assert.throws(() => parseConfigText('{"a":1,"a":2,}'), /text that is not JSON/);
});
