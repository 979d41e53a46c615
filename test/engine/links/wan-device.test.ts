import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Mac, parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { describeChange } from '../../../src/engine/links/change.ts';
import { diffLinks } from '../../../src/engine/links/diff-links.ts';
import { addressBefore, MADE_BY_BOX, noteAddress, withoutAddress } from '../../../src/engine/links/mark.ts';
import type { ObservedLink, ObservedNetwork } from '../../../src/engine/links/observed.ts';
import { findDevice } from '../../../src/engine/links/side.ts';
import { wanDeviceName } from '../../../src/engine/links/wan-device.ts';
import type { WantedLinks, WantedWan } from '../../../src/engine/links/wanted.ts';
import { RTPROT } from '../../../src/wire/rtnetlink/constants.ts';
import { observedLink as link } from '../../fake/observed-link.ts';

const OWN = parseMac('02:00:00:00:00:02');
const CLONE = parseMac('02:00:00:00:00:77');

const WAN = link(2, 'wan0');
const LAN = link(3, 'lan0');

function vlan(tag: number, more: Partial<ObservedLink> = {}): ObservedLink {
  const kind = { kind: 'vlan', lower: 2, vlanTag: tag, description: MADE_BY_BOX };
  return link(7, `wan0.${tag}`, { mac: OWN, ...kind, ...more });
}

function wanted(wan: Partial<WantedWan>, prefix = '203.0.113.7/24'): WantedLinks {
  const ipv4 = { addresses: [parsePrefix4(prefix)], routes: [] };
  return {
    lan: { devices: ['lan0'], up: true, ipv4: { addresses: [], routes: [] } },
    wan: { device: 'wan0', up: true, ipv4, ...wan },
  };
}

function on(index: number, prefix: string): ObservedNetwork['addresses'][number] {
  const { address, length } = parsePrefix4(prefix);
  return { index, address, length, peer: address, protocol: RTPROT.GATEPOST };
}

function diff(
  what: WantedLinks,
  links: readonly ObservedLink[],
  addresses: ObservedNetwork['addresses'] = [],
) {
  const difference = diffLinks(what, { links, addresses, routes: [] });
  return { ...difference, words: difference.changes.map(describeChange) };
}

test('wanDeviceName() is the device, or with a tag the VLAN device on it, never longer than the kernel takes', () => {
  assert.equal(wanDeviceName('wan0', undefined), 'wan0');
  assert.equal(wanDeviceName('wan0', 7), 'wan0.7');
  assert.equal(wanDeviceName('enp10s0f1', 4094), 'enp10s0f1.4094');
  assert.equal(wanDeviceName('enx0123456789', 7), 'enx0123456789.7');
  assert.equal(wanDeviceName('enx0123456789', 4094), 'wan.4094');
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 15 }),
      fc.integer({ min: 1, max: 4094 }),
      (device, tag) => {
        assert.ok(wanDeviceName(device, tag).length <= 15);
      },
    ),
  );
});

test('diffLinks() with a VLAN tag makes the device, then gives it what the WAN has; the one below has no address', () => {
  const first = diff(wanted({ vlan: 7 }), [link(2, 'wan0', { up: false }), LAN]);
  assert.deepEqual(first.words, [
    'switch wan0 on',
    'create the VLAN device wan0.7 with the tag 7 on wan0',
    'note on wan0.7 that the box has made it',
  ]);
  assert.deepEqual([first.wan, first.missing, first.refusals], [undefined, [], []]);
  const second = diff(wanted({ vlan: 7 }), [WAN, LAN, vlan(7, { up: false })], [on(2, '198.51.100.9/24')]);
  assert.deepEqual(second.words, [
    'switch wan0.7 on',
    'add the address 203.0.113.7/24 to wan0.7',
    'remove the address 198.51.100.9/24 from wan0',
  ]);
  assert.equal(second.wan?.name, 'wan0.7');
  assert.deepEqual(diff(wanted({ vlan: 7 }), [WAN, LAN, vlan(7)], [on(7, '203.0.113.7/24')]).words, []);
});

test('diffLinks() with another tag, or none, has the new device work before it deletes the one the box made', () => {
  const addresses = [on(7, '203.0.113.7/24')];
  assert.deepEqual(diff(wanted({ vlan: 8 }), [WAN, LAN, vlan(7)], addresses).words, [
    'create the VLAN device wan0.8 with the tag 8 on wan0',
    'note on wan0.8 that the box has made it',
  ]);
  const both = [WAN, LAN, vlan(7), vlan(8, { index: 8 })];
  assert.deepEqual(diff(wanted({ vlan: 8 }), both, addresses).words, [
    'add the address 203.0.113.7/24 to wan0.8',
    'delete the device wan0.7',
  ]);
  assert.deepEqual(diff(wanted({}), [WAN, LAN, vlan(7)], addresses).words, [
    'add the address 203.0.113.7/24 to wan0',
    'delete the device wan0.7',
  ]);
});

test('diffLinks() makes a VLAN device of ours anew that is on another device or has another tag', () => {
  for (const wrong of [vlan(7, { lower: 3 }), vlan(7, { vlanTag: 9 }), vlan(7, { vlanTag: undefined })]) {
    assert.deepEqual(diff(wanted({ vlan: 7 }), [WAN, LAN, wrong]).words, ['delete the device wan0.7']);
  }
});

test('diffLinks() leaves VLAN devices of others alone, and refuses to use one with the name it wants', () => {
  for (const foreign of [
    vlan(7, { description: undefined }),
    vlan(7, { description: 'of the owner' }),
    vlan(7, { kind: 'macvlan' }),
  ]) {
    const { words, refusals, wan, lan } = diff(wanted({ vlan: 7 }), [WAN, LAN, foreign]);
    assert.deepEqual([words, wan, lan?.name], [[], undefined, 'lan0']);
    assert.deepEqual(refusals, [
      'Cannot use the VLAN tag 7 on the WAN: a device named wan0.7 exists that the box has not made; rename or remove it',
    ]);
  }
  const other = vlan(9, { description: undefined });
  assert.deepEqual(diff(wanted({}), [WAN, LAN, other], [on(2, '203.0.113.7/24')]).words, []);
});

test('diffLinks() sets the MTU on the device below before the VLAN device, which cannot be larger', () => {
  const { words } = diff(wanted({ vlan: 7, mtu: 1492 }), [WAN, LAN, vlan(7)], [on(7, '203.0.113.7/24')]);
  assert.deepEqual(words, ['set the MTU of wan0 to 1492', 'set the MTU of wan0.7 to 1492']);
});

test('diffLinks() makes no VLAN device for a WAN that is off, and deletes none of a device that is not there', () => {
  assert.deepEqual(diff(wanted({ vlan: 7, up: false }), [link(2, 'wan0', { up: false }), LAN]).words, []);
  assert.deepEqual(diff(wanted({ vlan: 7 }), [LAN]).missing, ['wan0']);
});

test('diffLinks() gives the WAN another hardware address while the device is off, and notes the one it had', () => {
  const { words, changes } = diff(wanted({ mac: CLONE }), [WAN, LAN], [on(2, '203.0.113.7/24')]);
  assert.deepEqual(words, ['switch wan0 off', 'give wan0 the hardware address 02:00:00:00:00:77']);
  assert.deepEqual(changes[1], {
    kind: 'set-mac',
    device: 'wan0',
    index: 2,
    mac: CLONE,
    description: '[gatepost: was 02:00:00:00:00:02]',
  });
  const cloned = link(2, 'wan0', { mac: CLONE, description: '[gatepost: was 02:00:00:00:00:02]', up: false });
  assert.deepEqual(diff(wanted({ mac: CLONE }), [cloned, LAN], [on(2, '203.0.113.7/24')]).words, [
    'switch wan0 on',
  ]);
});

test('diffLinks() puts the address back the device had, whatever other addresses came in between', () => {
  const description = 'to the modem [gatepost: was 02:00:00:00:00:02]';
  const cloned = link(2, 'wan0', { mac: CLONE, description, up: false });
  const macOf = (mac: Mac | undefined): unknown => {
    const [change] = diff(wanted({ mac }), [cloned, LAN]).changes;
    return change?.kind === 'set-mac' ? [change.mac, change.description] : change?.kind;
  };
  assert.deepEqual(macOf(undefined), [OWN, 'to the modem']);
  assert.deepEqual(macOf(OWN), [OWN, 'to the modem']);
  assert.deepEqual(macOf(parseMac('02:00:00:00:00:78')), ['02:00:00:00:00:78', description]);
  assert.equal(macOf(CLONE), 'set-up');
});

test('diffLinks() leaves the address of a device alone that the box has not changed', () => {
  const board = link(2, 'wan0', { mac: CLONE, permanentMac: OWN });
  assert.deepEqual(diff(wanted({}), [board, LAN], [on(2, '203.0.113.7/24')]).words, []);
  assert.deepEqual(diff(wanted({ mac: CLONE }), [board, LAN], [on(2, '203.0.113.7/24')]).words, []);
});

test('diffLinks() gives a device that is the WAN no more its own address back', () => {
  const cloned = link(4, 'wan1', { mac: CLONE, description: '[gatepost: was 02:00:00:00:00:04]' });
  assert.deepEqual(diff(wanted({}), [WAN, LAN, cloned], [on(2, '203.0.113.7/24')]).words, [
    'switch wan1 off',
    'give wan1 the hardware address 02:00:00:00:00:04',
  ]);
});

test('findDevice() by `mac:` finds a device by the address it had before the box replaced it, not by the clone on a VLAN', () => {
  const cloned = link(2, 'wan0', { mac: CLONE, description: '[gatepost: was 02:00:00:00:00:02]' });
  const links = [vlan(7, { mac: CLONE }), cloned, LAN];
  assert.equal(findDevice(links, 'mac:02:00:00:00:00:02')?.name, 'wan0');
  assert.equal(findDevice(links, `mac:${CLONE}`)?.name, 'wan0');
});

test('noteAddress() and withoutAddress() keep what the owner wrote, within what the kernel takes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      const own = withoutAddress(text);
      const noted = noteAddress(own, OWN);
      assert.equal(addressBefore(noted), OWN);
      assert.equal(withoutAddress(noted), own.trimStart());
    }),
  );
  assert.ok(noteAddress('', OWN).length <= 255);
  assert.equal(addressBefore(undefined), undefined);
});
