import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../src/config/load.ts';
import type { ObservedLink } from '../../../src/engine/links/observed.ts';
import { lanStatus, linkState, unusedWan } from '../../../src/role/net/status.ts';
import { observedLink } from '../../fake/observed-link.ts';

test('linkState() tells a cable with a signal from one without and from no device', () => {
  assert.equal(linkState(observedLink(2, 'lan0')), 'up');
  assert.equal(linkState(observedLink(2, 'lan0', { carrier: false })), 'down');
  assert.equal(linkState(observedLink(2, 'lan0', { up: false, carrier: false })), 'down');
  assert.equal(linkState(undefined), 'missing');
});

test('unusedWan() names the device as the kernel does if it is there, else as the owner does', () => {
  const config = readConfig({ version: 1, mode: 'lan-only', wan: { device: 'mac:02:00:00:00:00:10' } });
  const there = unusedWan(config, observedLink(2, 'enp1s0', { up: false, carrier: false }));
  assert.deepEqual([there.device, there.method, there.link, there.address], ['enp1s0', 'off', 'down', null]);
  const missing = unusedWan(config, undefined);
  assert.deepEqual([missing.device, missing.link], ['mac:02:00:00:00:00:10', 'missing']);
});

test('lanStatus() shows the ports of a bridge one by one, the address, and the pool while DHCP is on', () => {
  const owner = { version: 1, lan: { devices: ['lan0', 'lan1'] } };
  const linkOf = (name: string): ObservedLink | undefined =>
    name === 'lan0' ? observedLink(2, 'lan0') : undefined;
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
