import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes } from '../../../src/base/duration.ts';
import { BROADCAST } from '../../../src/base/ipv4.ts';
import { BROADCAST_MAC } from '../../../src/base/mac.ts';
import { Bench, type Of, SERVER, from, ip, kinds, macOf, typeOf } from './bench.ts';

test('stepServer() acknowledges a lease only after it is recorded', () => {
  const bench = new Bench();
  bench.records = false;
  const offer = bench.answer(from(1, 'DISCOVER'));
  const request = from(1, 'REQUEST', {
    requestedAddress: offer?.message.yiaddr,
    serverId: SERVER,
    hostName: 'pc1',
  });
  const [persist] = bench.take(request).filter((effect) => effect.kind === 'persist');
  assert.equal(persist?.binding.address, offer?.message.yiaddr);
  assert.equal(persist?.binding.mac, macOf(1));
  assert.equal(persist?.binding.hostName, 'pc1');
  assert.equal(bench.bound().size, 0);
  assert.deepEqual(kinds(bench.take(request)), [], 'a repeated REQUEST waits for the same record');
  const after = bench.take({ kind: 'persisted', commit: persist?.commit ?? 0, failure: undefined });
  assert.deepEqual(kinds(after), ['send', 'began']);
  assert.equal(bench.bound().size, 1);
});

test('stepServer() acknowledges from memory and warns once when the journal cannot record', () => {
  const bench = new Bench();
  bench.failure = 'the storage is full';
  bench.answer(from(1, 'DISCOVER'));
  const effects = bench.take(from(1, 'REQUEST', { requestedAddress: ip('192.168.77.2'), serverId: SERVER }));
  assert.deepEqual(kinds(effects), ['persist', 'send', 'began', 'warn']);
  assert.equal(bench.lease(2), ip('192.168.77.3'));
});

test('stepServer() tells of a lease once, and again when the device changes its name', () => {
  const bench = new Bench();
  const address = bench.lease(1, { hostName: 'old' });
  assert.deepEqual(kinds(bench.take(from(1, 'REQUEST', { hostName: 'old' }, { ciaddr: address }))), [
    'persist',
    'send',
  ]);
  const renamed = bench.take(from(1, 'REQUEST', { hostName: 'new' }, { ciaddr: address }));
  const [began] = renamed.filter((effect) => effect.kind === 'began');
  assert.deepEqual(began?.lease, { address, mac: macOf(1), name: 'new', since: bench.wall });
  assert.deepEqual(kinds(bench.take(from(1, 'REQUEST', {}, { ciaddr: address }))), ['persist', 'send']);
});

test('stepServer() ends a lease when its time is over and not before', () => {
  const bench = new Bench({ leaseTime: Hours(1) });
  const address = bench.lease(1);
  assert.deepEqual(kinds(bench.pass(Minutes(59))), []);
  bench.renew(1, address);
  assert.deepEqual(kinds(bench.pass(Minutes(59))), []);
  assert.deepEqual(kinds(bench.pass(Minutes(2))), ['ended']);
});

test('stepServer() asks to be woken when the next lease ends', () => {
  const bench = new Bench({ leaseTime: Hours(1) });
  bench.answer(from(1, 'DISCOVER'));
  const effects = bench.take(from(1, 'REQUEST', { requestedAddress: ip('192.168.77.2'), serverId: SERVER }));
  const wakes = effects.filter((effect): effect is Of<'wake'> => effect.kind === 'wake');
  const start = bench.now;
  assert.ok(wakes.every(({ at }) => at > start));
  bench.pass(Minutes(2));
  assert.equal(bench.state.wakeAt, Math.ceil((start + 3_600_000) / 1000) * 1000);
});

test('stepServer() drops its offer when the client takes another server, and tells of that server', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.10') } });
  bench.answer(from(1, 'DISCOVER'));
  const request = from(1, 'REQUEST', {
    requestedAddress: ip('192.168.77.99'),
    serverId: ip('192.168.77.254'),
  });
  const [hint] = bench.take(request);
  assert.deepEqual(hint, { kind: 'otherServer', address: ip('192.168.77.254') });
  assert.equal(bench.lease(2), ip('192.168.77.10'));
});

test('stepServer() refuses a REQUEST for another address than it offered, to all (RFC 2131 §4.3.2)', () => {
  const bench = new Bench();
  bench.answer(from(1, 'DISCOVER'));
  const nak = bench.answer(from(1, 'REQUEST', { requestedAddress: ip('192.168.77.60'), serverId: SERVER }));
  assert.equal(typeOf(nak), 'NAK');
  assert.deepEqual(nak?.to, { mac: BROADCAST_MAC, address: BROADCAST, port: 68 });
  assert.equal(nak?.message.yiaddr, 0);
  assert.equal(nak?.message.options.serverId, SERVER);
});

test('stepServer() keeps an offer made before it was restarted', () => {
  const bench = new Bench();
  const ack = bench.answer(from(1, 'REQUEST', { requestedAddress: ip('192.168.77.7'), serverId: SERVER }));
  assert.equal(typeOf(ack), 'ACK');
  const nak = bench.answer(from(2, 'REQUEST', { requestedAddress: ip('192.168.77.7'), serverId: SERVER }));
  assert.equal(typeOf(nak), 'NAK');
});

test('stepServer() answers INIT-REBOOT by what it knows (RFC 2131 §4.3.2)', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.equal(typeOf(bench.answer(from(1, 'REQUEST', { requestedAddress: address }))), 'ACK');
  assert.equal(typeOf(bench.answer(from(1, 'REQUEST', { requestedAddress: ip('192.168.77.60') }))), 'NAK');
  assert.equal(typeOf(bench.answer(from(2, 'REQUEST', { requestedAddress: ip('10.0.0.5') }))), 'NAK');
  assert.equal(typeOf(bench.answer(from(2, 'REQUEST', { requestedAddress: address }))), 'NAK');
  assert.equal(bench.answer(from(2, 'REQUEST', { requestedAddress: ip('192.168.77.222') })), undefined);
  bench.pass(Hours(13));
  assert.equal(typeOf(bench.answer(from(1, 'REQUEST', { requestedAddress: address }))), 'ACK');
});

test('stepServer() extends a lease it knows, and leaves one it does not know to a client that uses it', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.equal(typeOf(bench.renew(1, address)), 'ACK');
  assert.equal(typeOf(bench.renew(2, ip('192.168.77.42'))), 'ACK');
  assert.equal(typeOf(bench.renew(3, ip('192.168.77.42'))), 'NAK', 'it is another client’s');
  assert.equal(typeOf(bench.renew(3, ip('172.16.0.9'))), 'NAK', 'it is of another network');
  assert.equal(bench.renew(3, ip('192.168.77.222')), undefined, 'it may be another server’s');
});

test('stepServer() clamps the lease time a client asks for', () => {
  const bench = new Bench({ leaseTime: Hours(12) });
  const time = (asked: number): number | undefined =>
    bench.answer(from(1, 'DISCOVER', { leaseTime: Minutes(asked) }))?.message.options.leaseTime;
  assert.deepEqual([time(60), time(1), time(100_000)], [Hours(1), Minutes(2), Hours(12)]);
});

test('stepServer() ignores a REQUEST that names no address', () => {
  const bench = new Bench();
  assert.equal(bench.answer(from(1, 'REQUEST', { serverId: SERVER })), undefined);
  assert.equal(bench.answer(from(1, 'REQUEST')), undefined);
});
