import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes } from '../../../src/base/duration.ts';
import { fromHex } from '../../../src/base/hex.ts';
import type { Ipv4 } from '../../../src/base/ipv4.ts';
import { clientKeyOfId } from '../../../src/wire/dhcp4/client-key.ts';
import type { Dhcp4Options } from '../../../src/wire/dhcp4/options.ts';
import { Bench, SERVER, from, ip, kinds, macOf, typeOf } from './bench.ts';

/** The identifiers of one device: its boot loader's by UUID, its system's by DUID (RFC 4361 §6.1). */
const LOADER: Dhcp4Options = { clientId: fromHex('00 564d1111222233334444555566667777') };
const SYSTEM: Dhcp4Options = { clientId: fromHex('ff 00000001 000100012345678902000000 0007') };

function offered(bench: Bench, options: Dhcp4Options, n = 7): Ipv4 | undefined {
  return bench.answer(from(n, 'DISCOVER', options))?.message.yiaddr;
}

test('two devices with one client identifier are told to the owner, once for each address; one that changes its own is not', () => {
  const warnings = (bench: Bench, n: number, clientId: string): string[] => {
    const options = { clientId: fromHex(clientId), requestedAddress: ip('192.168.77.2'), serverId: SERVER };
    bench.take(from(n, 'DISCOVER', { clientId: options.clientId }));
    const effects = bench.take(from(n, 'REQUEST', options));
    return effects.flatMap((effect) => (effect.kind === 'warn' ? [effect.text] : []));
  };
  const bench = new Bench();
  assert.deepEqual(warnings(bench, 1, 'ff01'), []);
  const [text = ''] = warnings(bench, 2, 'ff01');
  assert.match(text, /same client identifier and so all get 192\.168\.77\.2:/);
  assert.deepEqual(warnings(bench, 3, 'ff01'), []);
  const other = new Bench();
  assert.deepEqual([...warnings(other, 1, 'ff01'), ...warnings(other, 1, 'ff02')], []);
});

test('a system gets the address its boot loader had under another identifier, if nobody uses it', () => {
  const bench = new Bench();
  const address = bench.lease(7, LOADER);
  assert.equal(bench.lease(7, SYSTEM), address);
  assert.equal(bench.bound().size, 1);
});

test('the address is not taken over while someone answers on it: two clients share the MAC address', () => {
  const bench = new Bench();
  const address = bench.lease(7, LOADER);
  bench.inUse.set(address, macOf(7));
  const other = bench.lease(7, SYSTEM);
  assert.notEqual(other, address);
  assert.deepEqual(new Set(bench.bound().keys()), new Set([address, other]));
  assert.equal(bench.state.quarantine.size, 0);
  assert.equal(typeOf(bench.answer(from(7, 'REQUEST', LOADER, { ciaddr: address }))), 'ACK');
  assert.equal(typeOf(bench.answer(from(7, 'REQUEST', SYSTEM, { ciaddr: other }))), 'ACK');
});

test('a take-over that is offered and not asked for leaves the lease with the former identifier', () => {
  const bench = new Bench();
  const address = bench.lease(7, LOADER);
  assert.equal(offered(bench, SYSTEM), address);
  assert.deepEqual(kinds(bench.pass(Minutes(2))), []);
  assert.equal(bench.bound().get(address), macOf(7));
  assert.equal(typeOf(bench.answer(from(7, 'REQUEST', LOADER, { ciaddr: address }))), 'ACK');
});

test('the former identifier that comes back during a take-over keeps its lease', () => {
  const bench = new Bench();
  const address = bench.lease(7, LOADER);
  assert.equal(offered(bench, SYSTEM), address);
  assert.equal(typeOf(bench.answer(from(7, 'REQUEST', LOADER, { ciaddr: address }))), 'ACK');
  const late = { ...SYSTEM, requestedAddress: address, serverId: SERVER };
  assert.equal(typeOf(bench.answer(from(7, 'REQUEST', late))), 'NAK');
});

test('a lease under take-over still ends when its time is over', () => {
  const bench = new Bench({ leaseTime: Minutes(2) });
  const address = bench.lease(7, LOADER);
  bench.pass(Minutes(1.9));
  assert.equal(offered(bench, SYSTEM), address);
  const effects = [...bench.pass(Minutes(1.5)), ...bench.pass(Minutes(1))];
  assert.deepEqual(kinds(effects), ['ended']);
});

test('what is reserved by MAC address is for every identifier of the device, at once', () => {
  const bench = new Bench({ reservations: [{ mac: macOf(7), address: ip('192.168.77.200') }] });
  assert.equal(bench.lease(7, LOADER), ip('192.168.77.200'));
  bench.inUse.set(ip('192.168.77.200'), macOf(7));
  assert.equal(bench.lease(7, SYSTEM), ip('192.168.77.200'));
  assert.equal(bench.lease(7), ip('192.168.77.200'));
  assert.deepEqual([...bench.bound()], [[ip('192.168.77.200'), macOf(7)]]);
});

test('a reservation by client identifier holds whatever the MAC address is', () => {
  const client = clientKeyOfId(fromHex('00 564d1111222233334444555566667777'));
  const bench = new Bench({ reservations: [{ client, address: ip('192.168.77.201') }] });
  assert.equal(bench.lease(7, LOADER), ip('192.168.77.201'));
  bench.pass(Hours(13));
  assert.equal(bench.lease(8, LOADER), ip('192.168.77.201'));
});

test('a reservation by host name is for who calls itself so, unless another has it, and the weakest of all', () => {
  const address = ip('192.168.77.202');
  const bench = new Bench({
    reservations: [
      { hostName: 'printer', address },
      { mac: macOf(9), address: ip('192.168.77.203'), name: 'scanner' },
    ],
  });
  assert.equal(bench.lease(7, { hostName: 'Printer' }), address);
  assert.notEqual(bench.lease(8, { hostName: 'printer' }), address);
  assert.equal(bench.lease(9, { hostName: 'printer' }), ip('192.168.77.203'));
  assert.equal(typeOf(bench.renew(7, address)), 'ACK', 'also when it does not say its name again');
  bench.pass(Hours(13));
  assert.equal(bench.lease(7, { hostName: 'printer' }), address);
  assert.equal(bench.names().get(address), 'printer');
});

test('a client without an identifier is the one whose identifier is its hardware address (RFC 2132 §9.14)', () => {
  const bench = new Bench();
  const address = bench.lease(7);
  assert.equal(bench.lease(7, { clientId: fromHex('01 020000000007') }), address);
  assert.equal(bench.state.table.size, 1);
});

test('a message from no device’s own address is ignored: a group’s, or none', () => {
  const bench = new Bench();
  for (const mac of ['ffffffffffff', '01005e000001', '000000000000'])
    assert.equal(bench.answer(from(1, 'DISCOVER', {}, { chaddr: fromHex(mac) })), undefined);
});
