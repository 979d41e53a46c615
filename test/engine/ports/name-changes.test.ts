import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMac } from '../../../src/base/mac.ts';
import type { ObservedLink } from '../../../src/engine/links/observed.ts';
import { nameChanges, openRoles, unclaimed } from '../../../src/engine/ports/name-changes.ts';

const MACS = [1, 2, 3].map((number) => parseMac(`02:00:00:00:00:0${number}`));

function link(name: string, index: number, more: Partial<ObservedLink> = {}): ObservedLink {
  return {
    index,
    name,
    up: true,
    carrier: true,
    loopback: name === 'lo',
    mac: MACS[index - 1],
    permanentMac: undefined,
    mtu: 1500,
    master: undefined,
    kind: undefined,
    stats: undefined,
    ...more,
  };
}

const USUAL = { mode: 'firewall', wan: { device: 'wan0' }, lan: { devices: ['lan0'] } };

test('openRoles() are those that the configuration calls by the usual names and no device has', () => {
  assert.deepEqual(openRoles(USUAL, [link('eth0', 1)]), ['wan', 'lan']);
  assert.deepEqual(openRoles(USUAL, [link('lan0', 1)]), ['wan']);
  assert.deepEqual(openRoles({ ...USUAL, mode: 'lan-only' }, []), ['lan']);
  const byMac = { ...USUAL, wan: { device: `mac:${MACS[0]}` }, lan: { devices: ['eth1', 'eth2'] } };
  assert.deepEqual(openRoles(byMac, [link('eth0', 1)]), []);
});

test('unclaimed() leaves out what is named, chosen, no plug, or a part of another device', () => {
  const links = [
    link('lo', 9),
    link('eth0', 1),
    link('eth1', 2),
    link('eth2', 3),
    link('br-lan', 4, { kind: 'bridge', mac: parseMac('02:00:00:00:00:09') }),
    link('eth3', 5, { master: 4, mac: parseMac('02:00:00:00:00:08') }),
  ];
  const names = (wan: string, choice = {}): string[] =>
    unclaimed({ ...USUAL, wan: { device: wan } }, choice, links).map(({ name }) => name);
  assert.deepEqual(names('wan0'), ['eth0', 'eth1', 'eth2']);
  assert.deepEqual(names('eth1'), ['eth0', 'eth2']);
  assert.deepEqual(names('wan0', { lan: MACS[2] }), ['eth0', 'eth1']);
});

test('nameChanges() switches a port off and names it; the address burnt in counts', () => {
  const clone = { mac: parseMac('02:00:00:00:00:07'), permanentMac: MACS[1] };
  const links = [link('eth1', 1), link('eth0', 2, clone)];
  const choice = { wan: parseMac('02:00:00:00:00:02'), lan: parseMac('02:00:00:00:00:05') };
  assert.deepEqual(nameChanges(choice, ['wan', 'lan'], links), [
    { kind: 'set-up', device: 'eth0', index: 2, up: false },
    { kind: 'rename', device: 'eth0', index: 2, name: 'wan0' },
  ]);
});
