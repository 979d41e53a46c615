import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpv4 } from '../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import { defaultPool } from '../../src/config/default-pool.ts';

const table: readonly (readonly [string, string, string])[] = [
  ['192.168.77.1/24', '192.168.77.1', '192.168.77.100'],
  ['192.168.77.254/24', '192.168.77.1', '192.168.77.100'],
  ['10.0.0.1/8', '10.0.0.1', '10.0.0.100'],
  ['192.168.77.129/25', '192.168.77.129', '192.168.77.228'],
  ['192.168.77.1/26', '192.168.77.1', '192.168.77.62'],
  ['192.168.77.1/30', '192.168.77.1', '192.168.77.2'],
];

for (const [prefix, first, last] of table) {
  test(`defaultPool() of ${prefix} is ${first} to ${last}`, () => {
    const pool = defaultPool(parsePrefix4(prefix));
    assert.deepEqual([formatIpv4(pool.first), formatIpv4(pool.last)], [first, last]);
  });
}
