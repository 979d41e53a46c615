import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../../src/base/hex.ts';
import { macFromBytes } from '../../../src/base/mac.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import { IFF, IF_OPER, RTM } from '../../../src/wire/rtnetlink/constants.ts';
import { vethPeer, vlanData } from '../../../src/wire/rtnetlink/link-info.ts';
import { linkMessage, linkRequest } from '../../../src/wire/rtnetlink/link.ts';
import { checkCodec, exchangesOf, repliesOf, requestOf } from './vectors.ts';

const exchanges = exchangesOf('link.json');
// ip leaves out the zero behind the kind and the nested flag; both spellings are allowed (lib/nlattr.c).
checkCodec('linkMessage', linkMessage, exchanges, [
  'create a bridge',
  'create a veth pair',
  'create a VLAN device',
]);

test('linkMessage reads the requests for a bridge and for a veth pair', () => {
  const bridge = requestOf(exchanges, 'create a bridge', linkMessage);
  assert.equal(bridge.type, RTM.NEWLINK);
  assert.equal(bridge.value.name, 'br-lan');
  assert.deepEqual(bridge.value.info, { kind: 'bridge' });
  const pair = requestOf(exchanges, 'create a veth pair', linkMessage).value;
  const { peer } = decodeAll(vethPeer(linkMessage), pair.info?.data ?? new Uint8Array());
  assert.deepEqual([pair.name, pair.info?.kind, peer?.name], ['wan0', 'veth', 'isp0']);
});

test('linkMessage reads the requests that change a device', () => {
  const up = requestOf(exchanges, 'take a device up', linkMessage).value;
  assert.deepEqual([up.flags, up.change], [IFF.UP, IFF.UP]);
  const down = requestOf(exchanges, 'take a device down', linkMessage).value;
  assert.deepEqual([down.flags, down.change], [0, IFF.UP]);
  assert.equal(requestOf(exchanges, 'set the mtu', linkMessage).value.mtu, 1492);
  assert.equal(requestOf(exchanges, 'take a device out of a bridge', linkMessage).value.master, 0);
});

test('linkMessage reads the request for a VLAN device, and writes its data byte for byte', () => {
  const { type, value } = requestOf(exchanges, 'create a VLAN device', linkMessage);
  assert.deepEqual([type, value.name], [RTM.NEWLINK, 'wan0.7']);
  assert.deepEqual(value.info, { kind: 'vlan', vlan: { protocol: 0x8100, id: 7 } });
  assert.ok(value.link !== undefined && value.link > 0);
  // struct nlattr by struct nlattr: IFLA_VLAN_PROTOCOL in network order, IFLA_VLAN_ID in that of the host.
  assert.equal(toHex(encodeAll(vlanData, value.info?.vlan ?? {})), '06000500810000000600010007000000');
});

test('linkMessage reads and writes hardware addresses and descriptions', () => {
  const { address } = requestOf(exchanges, 'set the hardware address', linkMessage).value;
  assert.equal(macFromBytes(address ?? new Uint8Array()), '02:00:00:00:00:77');
  assert.equal(requestOf(exchanges, 'set the description', linkMessage).value.description, 'hello');
  assert.equal(requestOf(exchanges, 'take the description away', linkMessage).value.description, '');
  const [described] = repliesOf(exchanges, 'list a described device', linkMessage);
  assert.equal(described?.description, 'hello');
});

test('linkMessage reads a dump: names, kinds, masters, addresses, states and counters', () => {
  const all = repliesOf(exchanges, 'list all devices', linkMessage);
  const byName = new Map(all.map((one) => [one.name, one]));
  const bridge = byName.get('br-lan');
  const lan = byName.get('lan0');
  assert.ok(bridge && lan);
  assert.equal(bridge.info?.bridge?.stpState, 0);
  assert.deepEqual([lan.master, lan.info?.slaveKind], [bridge.index, 'bridge']);
  assert.equal(macFromBytes(lan.address ?? new Uint8Array()), '02:00:00:00:00:20');
  assert.deepEqual([lan.operState, lan.carrier], [IF_OPER.UP, 1]);
  assert.equal(byName.get('wan0')?.mtu, 1492);
  assert.equal(byName.get('lo')?.stats?.rxErrors, 0n);
});

test('linkMessage writes the data of a bridge so that it is read back the same', () => {
  const value = linkRequest(0, {
    name: 'br-lan',
    info: { kind: 'bridge', bridge: { stpState: 0, forwardDelay: 0 } },
  });
  assert.deepEqual(decodeAll(linkMessage, encodeAll(linkMessage, value)), value);
});
