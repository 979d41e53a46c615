import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMac } from '../../../src/base/mac.ts';
import { nameChanges, openRoles, unclaimed } from '../../../src/engine/ports/name-changes.ts';
import { observedLink as link } from '../../fake/observed-link.ts';

const MACS = [1, 2, 3].map((number) => parseMac(`02:00:00:00:00:0${number}`));

const USUAL = { mode: 'firewall', wan: { device: 'wan0' }, lan: { devices: ['lan0'] } };

test('openRoles() are those that the configuration calls by the usual names and no device has', () => {
  assert.deepEqual(openRoles(USUAL, [link(1, 'eth0')]), ['wan', 'lan']);
  assert.deepEqual(openRoles(USUAL, [link(1, 'lan0')]), ['wan']);
  assert.deepEqual(openRoles({ ...USUAL, mode: 'lan-only' }, []), ['lan']);
  const byMac = { ...USUAL, wan: { device: `mac:${MACS[0]}` }, lan: { devices: ['eth1', 'eth2'] } };
  assert.deepEqual(openRoles(byMac, [link(1, 'eth0')]), []);
});

test('unclaimed() leaves out what is named, chosen, no plug, or a part of another device', () => {
  const links = [
    link(9, 'lo'),
    link(1, 'eth0'),
    link(2, 'eth1'),
    link(3, 'eth2'),
    link(4, 'br-lan', { kind: 'bridge', mac: parseMac('02:00:00:00:00:09') }),
    link(5, 'eth3', { master: 4, mac: parseMac('02:00:00:00:00:08') }),
  ];
  const names = (wan: string, choice = {}): string[] =>
    unclaimed({ ...USUAL, wan: { device: wan } }, choice, links).map(({ name }) => name);
  assert.deepEqual(names('wan0'), ['eth0', 'eth1', 'eth2']);
  assert.deepEqual(names('eth1'), ['eth0', 'eth2']);
  assert.deepEqual(names('wan0', { lan: MACS[2] }), ['eth0', 'eth1']);
});

test('nameChanges() switches a port off and names it; the address burnt in counts', () => {
  const clone = { mac: parseMac('02:00:00:00:00:07'), permanentMac: MACS[1] };
  const links = [link(1, 'eth1'), link(2, 'eth0', clone)];
  const choice = { wan: parseMac('02:00:00:00:00:02'), lan: parseMac('02:00:00:00:00:05') };
  assert.deepEqual(nameChanges(choice, ['wan', 'lan'], links), [
    { kind: 'set-up', device: 'eth0', index: 2, up: false },
    { kind: 'rename', device: 'eth0', index: 2, name: 'wan0' },
  ]);
});
