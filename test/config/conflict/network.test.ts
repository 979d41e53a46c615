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
  assert.deepEqual(wan('10.255.255.1', '203.0.113.50/32'), []);
  for (const gateway of ['203.0.113.50', '224.0.0.1', '127.0.0.1'])
    assert.deepEqual(wan(gateway, '203.0.113.50/32'), ['wan.ipv4.gateway']);
  const lan = (gateway: string): readonly string[] => pathsOf({ mode: 'lan-only', lan: { gateway } });
  assert.deepEqual(lan('192.168.77.1'), ['lan.gateway']);
  assert.deepEqual(lan('192.168.77.254'), []);
});

test('an address that no host can have is refused, on the WAN and on the LAN', () => {
  const wan = (address: string): readonly string[] =>
    pathsOf({ wan: { ipv4: { method: 'static', address } } });
  for (const address of ['203.0.113.255/24', '203.0.113.0/24', '224.1.2.3/24', '127.0.0.1/8', '0.0.0.5/24'])
    assert.deepEqual(wan(address), ['wan.ipv4.address'], address);
  for (const address of ['203.0.113.254/31', '203.0.113.255/32', '203.0.113.1/24'])
    assert.deepEqual(wan(address), [], address);
  for (const address of ['239.1.2.1/24', '127.1.2.1/24'])
    assert.deepEqual(pathsOf({ lan: { address } }), ['lan.address'], address);
});
