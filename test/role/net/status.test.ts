import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../src/config/load.ts';
import type { ObservedLink } from '../../../src/engine/links/observed.ts';
import { lanStatus, linkState, unusedWan } from '../../../src/role/net/status.ts';

function link(name: string, up: boolean, carrier: boolean): ObservedLink {
  return {
    index: 2,
    name,
    up,
    carrier,
    loopback: false,
    mac: undefined,
    permanentMac: undefined,
    mtu: 1500,
    master: undefined,
    kind: undefined,
    stats: undefined,
  };
}

test('linkState() tells a cable with a signal from one without and from no device', () => {
  assert.equal(linkState(link('lan0', true, true)), 'up');
  assert.equal(linkState(link('lan0', true, false)), 'down');
  assert.equal(linkState(link('lan0', false, false)), 'down');
  assert.equal(linkState(undefined), 'missing');
});

test('unusedWan() names the device as the kernel does if it is there, else as the owner does', () => {
  const config = readConfig({ version: 1, mode: 'lan-only', wan: { device: 'mac:02:00:00:00:00:10' } });
  const there = unusedWan(config, link('enp1s0', false, false));
  assert.deepEqual([there.device, there.method, there.link, there.address], ['enp1s0', 'off', 'down', null]);
  const missing = unusedWan(config, undefined);
  assert.deepEqual([missing.device, missing.link], ['mac:02:00:00:00:00:10', 'missing']);
});

test('lanStatus() shows the ports of a bridge one by one, the address, and the pool while DHCP is on', () => {
  const owner = { version: 1, lan: { devices: ['lan0', 'lan1'] } };
  const linkOf = (name: string): ObservedLink | undefined =>
    name === 'lan0' ? link('lan0', true, true) : undefined;
  assert.deepEqual(lanStatus(readConfig(owner), 'br-lan', linkOf), {
    device: 'br-lan',
    devices: [
      { name: 'lan0', link: 'up' },
      { name: 'lan1', link: 'missing' },
    ],
    address: '192.168.77.1/24',
    pool: { first: '192.168.77.1', last: '192.168.77.100' },
  });
  assert.equal(lanStatus(readConfig({ ...owner, dhcp: { enabled: false } }), 'br-lan', linkOf).pool, null);
});
