import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes } from '../../../src/base/duration.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { BROADCAST } from '../../../src/base/ipv4.ts';
import { BROADCAST_MAC } from '../../../src/base/mac.ts';
import { utf8 } from '../../../src/base/text.ts';
import { encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { Bench, type Of, SERVER, from, ip, macOf, typeOf } from './bench.ts';

/** Option numbers as they stand in the encoded message. */
function codes(sent: Of<'send'> | undefined): number[] {
  assert.ok(sent);
  const bytes = encodeMessage(sent.message, sent.limits);
  const found: number[] = [];
  for (let at = 240; bytes[at] !== 255; at += 2 + (bytes[at + 1] ?? 0)) found.push(bytes[at] ?? 0);
  return found;
}

test('an OFFER holds everything the box knows when the client lists nothing', () => {
  const offer = new Bench().answer(from(1, 'DISCOVER', { hostName: 'PC 1' }));
  assert.deepEqual(offer?.message.options, {
    messageType: 2,
    serverId: SERVER,
    leaseTime: Hours(12),
    renewalTime: Hours(6),
    rebindingTime: Minutes(630),
    subnetMask: ip('255.255.255.0'),
    broadcastAddress: ip('192.168.77.255'),
    routers: [SERVER],
    dnsServers: [SERVER],
    domainName: 'office.example',
    timeServers: [SERVER],
    hostName: 'pc-1',
    clientFqdn: undefined,
    clientId: undefined,
    relayAgent: undefined,
    other: new Map(),
  });
});

test('a reply holds what the client lists, in its order, behind the leading options', () => {
  const parameterRequestList = [6, 42, 1, 99, 3];
  const offer = new Bench().answer(from(1, 'DISCOVER', { parameterRequestList }));
  assert.deepEqual(codes(offer), [53, 54, 51, 58, 59, 6, 42, 1, 3]);
});

test('a reply holds the custom options too, where the client lists them, in place of derived ones', () => {
  const custom = new Map([
    [66, utf8('boot.example')],
    [3, fromHex('c0a84dfe')],
    [252, utf8('http://wpad.example/')],
  ]);
  const offer = new Bench({ custom }).answer(from(1, 'DISCOVER', { parameterRequestList: [252, 1, 3] }));
  assert.deepEqual(codes(offer), [53, 54, 51, 58, 59, 252, 1, 3, 66]);
  assert.ok(offer);
  assert.ok(toHex(encodeMessage(offer.message, offer.limits)).includes('0304c0a84dfe'));
});

test('a reply returns the client identifier, and the relay’s notes as the last option (RFC 6842, RFC 3046 §2.2)', () => {
  const asked = { clientId: fromHex('ff0102'), relayAgent: fromHex('010161'), parameterRequestList: [82, 1] };
  const offer = new Bench().answer(from(1, 'DISCOVER', asked, { giaddr: ip('192.168.77.2') }));
  assert.deepEqual(codes(offer), [53, 54, 51, 58, 59, 1, 61, 82]);
});

test('a reply goes to the client’s Ethernet address, to all, to its address or to the relay (RFC 2131 §4.1)', () => {
  const bench = new Bench();
  const to = (n: number, fields: object): unknown => bench.answer(from(n, 'DISCOVER', {}, fields))?.to;
  assert.deepEqual(to(1, {}), { mac: macOf(1), address: ip('192.168.77.2'), port: 68 });
  assert.deepEqual(to(1, { broadcast: true }), { mac: BROADCAST_MAC, address: BROADCAST, port: 68 });
  const relay = ip('192.168.77.250');
  assert.deepEqual(to(1, { giaddr: relay }), { mac: macOf(1), address: relay, port: 67 });
  const address = bench.lease(2);
  assert.deepEqual(bench.renew(2, address)?.to, { mac: macOf(2), address, port: 68 });
});

test('a NAK through a relay has the broadcast flag set (RFC 2131 §4.3.2)', () => {
  const giaddr = ip('192.168.77.250');
  const nak = new Bench().answer(from(1, 'REQUEST', { requestedAddress: ip('10.0.0.1') }, { giaddr }));
  assert.equal(nak?.to.address, giaddr);
  assert.equal(nak?.to.port, 67);
  assert.equal(nak?.message.broadcast, true);
});

test('a NAK goes to all (RFC 2131 §4.1), and to a client that renews also to its address, where many listen alone', () => {
  const bench = new Bench();
  const ways = (event: Parameters<Bench['take']>[0]): unknown[] =>
    bench.take(event).flatMap((effect) => (effect.kind === 'send' ? [[typeOf(effect), effect.to]] : []));
  const toAll = ['NAK', { mac: BROADCAST_MAC, address: BROADCAST, port: 68 }];
  assert.deepEqual(ways(from(1, 'REQUEST', { requestedAddress: ip('10.0.0.1') })), [toAll]);
  const ciaddr = ip('10.0.0.1');
  const toIt = ['NAK', { mac: macOf(1), address: ciaddr, port: 68 }];
  assert.deepEqual(ways(from(1, 'REQUEST', {}, { ciaddr })), [toAll, toIt]);
  const relayed = { ciaddr, giaddr: ip('192.168.77.250') };
  assert.equal(ways(from(1, 'REQUEST', {}, relayed)).length, 1);
});

test('a reply is as long as the client takes, and at most one Ethernet frame (RFC 2132 §9.10)', () => {
  const limit = (maxMessageSize: number | undefined): number | undefined =>
    new Bench().answer(from(1, 'DISCOVER', { maxMessageSize }))?.limits.maxLength;
  assert.deepEqual([limit(undefined), limit(300), limit(1000), limit(9000)], [548, 548, 972, 1472]);
});

test('settings that are empty are not sent', () => {
  const bare = new Bench({
    routers: [],
    dnsServers: [],
    timeServers: [],
    domain: undefined,
    server: { address: SERVER, length: 31 },
    pool: { first: ip('192.168.77.0'), last: SERVER },
  });
  assert.deepEqual(codes(bare.answer(from(1, 'DISCOVER'))), [53, 54, 51, 58, 59, 1]);
});
