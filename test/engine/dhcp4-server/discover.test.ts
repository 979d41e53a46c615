import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import { formatIpv4 } from '../../../src/base/ipv4.ts';
import { MAX_OFFERS, MAX_PROBES } from '../../../src/engine/dhcp4-server/limits.ts';
import { Bench, SERVER, from, ip, kinds, macOf, typeOf } from './bench.ts';

test('stepServer() offers the first address of the pool that is not its own', () => {
  const offer = new Bench().answer(from(1, 'DISCOVER'));
  assert.equal(typeOf(offer), 'OFFER');
  assert.equal(formatIpv4(offer?.message.yiaddr ?? SERVER), '192.168.77.2');
});

test('stepServer() probes an address before it offers it, and no other client waits for that', () => {
  const bench = new Bench();
  bench.answersProbes = false;
  assert.deepEqual(kinds(bench.take(from(1, 'DISCOVER'))), ['probe']);
  assert.deepEqual(kinds(bench.take(from(2, 'DISCOVER'))), ['probe']);
  assert.deepEqual(kinds(bench.take({ kind: 'probed', address: ip('192.168.77.3'), inUse: false })), [
    'send',
  ]);
  assert.deepEqual(kinds(bench.take({ kind: 'probed', address: ip('192.168.77.2'), inUse: false })), [
    'send',
  ]);
});

test('stepServer() answers the latest DISCOVER of a client that asks again during the probe', () => {
  const bench = new Bench();
  bench.answersProbes = false;
  bench.take(from(1, 'DISCOVER', {}, { xid: 7 }));
  assert.deepEqual(kinds(bench.take(from(1, 'DISCOVER', {}, { xid: 8 }))), []);
  const sent = bench.answer({ kind: 'probed', address: ip('192.168.77.2'), inUse: false });
  assert.equal(sent?.message.xid, 8);
});

test('stepServer() takes another address when the probe is answered, says so, and comes back to it later', () => {
  const bench = new Bench();
  bench.inUse.set(ip('192.168.77.2'), undefined);
  const effects = bench.take(from(1, 'DISCOVER'));
  assert.deepEqual(kinds(effects), ['probe', 'warn', 'probe', 'send']);
  assert.equal(bench.lease(1), ip('192.168.77.3'));
  bench.inUse.clear();
  assert.equal(bench.lease(2), ip('192.168.77.4'));
  bench.pass(Minutes(11));
  for (let n = 3; n < 99; n++) bench.lease(n);
  assert.equal(bench.lease(99), ip('192.168.77.2'));
});

test('stepServer() does not probe what the client holds, nor a reserved address', () => {
  const bench = new Bench({ reservations: [{ mac: macOf(9), address: ip('192.168.77.200') }] });
  const address = bench.lease(1);
  const again = bench.take(from(1, 'DISCOVER'));
  assert.deepEqual(kinds(again), ['send']);
  assert.equal(bench.bound().get(address), macOf(1));
  assert.deepEqual(kinds(bench.take(from(9, 'DISCOVER'))), ['send']);
});

test('stepServer() gives the client what it had, also long after its lease ended (RFC 2131 §4.3.1)', () => {
  const bench = new Bench();
  const [first, second] = [bench.lease(1), bench.lease(2)];
  bench.pass(Hours(100));
  assert.equal(bench.bound().size, 0);
  assert.equal(bench.lease(2), second);
  assert.equal(bench.lease(1), first);
});

test('stepServer() gives the address asked for if nobody has it, but not what another client had', () => {
  const bench = new Bench();
  assert.equal(bench.lease(1, { requestedAddress: ip('192.168.77.50') }), ip('192.168.77.50'));
  bench.pass(Hours(13));
  assert.equal(bench.lease(2, { requestedAddress: ip('192.168.77.50') }), ip('192.168.77.2'));
  assert.equal(bench.lease(3, { requestedAddress: ip('192.168.77.222') }), ip('192.168.77.3'));
});

test('stepServer() takes the address that has been free for longest when no fresh one is left', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.12') } });
  for (const n of [1, 2, 3]) {
    bench.lease(n);
    bench.pass(Minutes(1));
  }
  bench.pass(Hours(12));
  assert.equal(bench.lease(4), ip('192.168.77.10'));
  assert.equal(bench.lease(2), ip('192.168.77.11'));
  assert.equal(bench.lease(1), ip('192.168.77.12'));
});

test('stepServer() stays silent and warns once when the pool is empty, and goes on when one is free', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.10') } });
  bench.lease(1);
  assert.deepEqual(kinds(bench.take(from(2, 'DISCOVER'))), ['warn']);
  assert.deepEqual(kinds(bench.take(from(3, 'DISCOVER'))), []);
  bench.pass(Hours(13));
  assert.equal(bench.lease(3), ip('192.168.77.10'));
});

test('stepServer() prefers for others an offer never taken to a lease that ended', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.11') } });
  bench.lease(1);
  bench.pass(Hours(13));
  bench.take(from(2, 'DISCOVER'));
  bench.pass(Minutes(2));
  assert.equal(bench.lease(3), ip('192.168.77.11'));
  assert.equal(bench.lease(1), ip('192.168.77.10'));
});

test('stepServer() skips excluded and reserved addresses, and gives the reserved one to its owner', () => {
  const bench = new Bench({
    pool: { first: ip('192.168.77.2'), last: ip('192.168.77.5') },
    exclude: [{ first: ip('192.168.77.2'), last: ip('192.168.77.2') }],
    reservations: [{ mac: macOf(9), address: ip('192.168.77.3'), name: 'camera' }],
  });
  assert.equal(bench.lease(1), ip('192.168.77.4'));
  assert.equal(bench.lease(9, { hostName: 'other' }), ip('192.168.77.3'));
  assert.equal(bench.names().get(ip('192.168.77.3')), 'camera');
});

test('stepServer() knows a reservation by the MAC address also when the client sends an identifier', () => {
  const bench = new Bench({ reservations: [{ mac: macOf(9), address: ip('192.168.77.200') }] });
  assert.equal(bench.lease(9, { clientId: Uint8Array.of(255, 1, 2, 3) }), ip('192.168.77.200'));
});

test('stepServer() gives an address of the pool while the reserved one is still another client’s', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  const reservations = [{ mac: macOf(9), address }];
  bench.take({ kind: 'reconfigure', options: { ...bench.state.plan.options, reservations } });
  assert.notEqual(bench.lease(9), address);
  bench.pass(Hours(13));
  assert.equal(bench.lease(9), address);
});

test('stepServer() offers without a probe while MAX_PROBES are under way', () => {
  const bench = new Bench({
    pool: { first: ip('192.168.77.2'), last: ip('192.168.79.254') },
    server: { address: SERVER, length: 16 },
  });
  bench.answersProbes = false;
  for (let n = 1; n <= MAX_PROBES; n++) assert.deepEqual(kinds(bench.take(from(n, 'DISCOVER'))), ['probe']);
  assert.deepEqual(kinds(bench.take(from(MAX_PROBES + 1, 'DISCOVER'))), ['send']);
});

test('stepServer() answers no new client while MAX_OFFERS wait, but those with a lease', () => {
  const bench = new Bench({
    pool: { first: ip('192.168.0.2'), last: ip('192.168.255.254') },
    server: { address: SERVER, length: 16 },
  });
  const address = bench.lease(60_000);
  for (let n = 1; n <= MAX_OFFERS; n++) assert.equal(typeOf(bench.answer(from(n, 'DISCOVER'))), 'OFFER');
  assert.equal(bench.answer(from(MAX_OFFERS + 1, 'DISCOVER')), undefined);
  assert.equal(typeOf(bench.renew(60_000, address)), 'ACK');
  bench.pass(Minutes(2));
  assert.equal(typeOf(bench.answer(from(MAX_OFFERS + 1, 'DISCOVER'))), 'OFFER');
});

test('stepServer() drops what one client sends beyond its share of a second', () => {
  const bench = new Bench();
  const answers = Array.from({ length: 30 }, () => bench.answer(from(1, 'DISCOVER')));
  assert.equal(answers.filter((one) => one !== undefined).length, 20);
  assert.equal(typeOf(bench.answer(from(2, 'DISCOVER'))), 'OFFER');
  bench.pass(Seconds(1));
  assert.equal(typeOf(bench.answer(from(1, 'DISCOVER'))), 'OFFER');
});

test('stepServer() ignores replies, other kinds of links and relays of other networks', () => {
  const bench = new Bench();
  assert.equal(bench.answer(from(1, 'DISCOVER', {}, { op: 2 })), undefined);
  assert.equal(bench.answer(from(1, 'DISCOVER', {}, { htype: 6 })), undefined);
  assert.equal(bench.answer(from(1, 'DISCOVER', {}, { giaddr: ip('10.1.2.3') })), undefined);
  assert.equal(bench.answer(from(1, 'OFFER')), undefined);
});
