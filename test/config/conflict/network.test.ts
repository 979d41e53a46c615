import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';

function pathsOf(owner: object): readonly string[] {
  try {
    readConfig({ version: 1, ...owner });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ path }) => path);
  }
}

test('a gateway that is the box itself or a broadcast address is refused, on the WAN and in lan-only', () => {
  const wan = (gateway: string, address = '203.0.113.50/24'): readonly string[] =>
    pathsOf({ wan: { ipv4: { method: 'static', address, gateway } } });
  assert.deepEqual(wan('203.0.113.50'), ['wan.ipv4.gateway']);
  assert.deepEqual(wan('203.0.113.255'), ['wan.ipv4.gateway']);
  assert.deepEqual(wan('203.0.113.1'), []);
  assert.deepEqual(wan('203.0.113.51', '203.0.113.50/31'), []);
  const lan = (gateway: string): readonly string[] => pathsOf({ mode: 'lan-only', lan: { gateway } });
  assert.deepEqual(lan('192.168.77.1'), ['lan.gateway']);
  assert.deepEqual(lan('192.168.77.254'), []);
});
