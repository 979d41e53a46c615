import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes } from '../../../src/base/duration.ts';
import { MAX_QUARANTINE } from '../../../src/engine/dhcp4-server/limits.ts';
import { Bench, SERVER, from, ip, kinds, macOf, typeOf } from './bench.ts';

test('stepServer() ends a released lease, records it, answers nothing, and keeps the address in mind', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.deepEqual(kinds(bench.take(from(1, 'RELEASE', { serverId: SERVER }, { ciaddr: address }))), [
    'persistEnd',
    'ended',
  ]);
  assert.equal(bench.bound().size, 0);
  assert.equal(bench.lease(1), address);
});

test('stepServer() ignores a RELEASE for another server, another address or by another client', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.deepEqual(
    kinds(bench.take(from(1, 'RELEASE', { serverId: ip('192.168.77.254') }, { ciaddr: address }))),
    [],
  );
  assert.deepEqual(kinds(bench.take(from(1, 'RELEASE', {}, { ciaddr: ip('192.168.77.9') }))), []);
  assert.deepEqual(kinds(bench.take(from(2, 'RELEASE', {}, { ciaddr: address }))), []);
  assert.equal(bench.bound().size, 1);
});

test('stepServer() does not acknowledge a lease that was released while it was being recorded', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  bench.records = false;
  const [persist] = bench
    .take(from(1, 'REQUEST', {}, { ciaddr: address }))
    .filter((effect) => effect.kind === 'persist');
  bench.take(from(1, 'RELEASE', {}, { ciaddr: address }));
  assert.deepEqual(
    kinds(bench.take({ kind: 'persisted', commit: persist?.commit ?? 0, failure: undefined })),
    [],
  );
  assert.equal(bench.bound().size, 0);
});

test('stepServer() leaves a declined address alone for ten minutes and records that (RFC 2131 §4.3.3)', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.11') } });
  const address = bench.lease(1);
  const effects = bench.take(from(1, 'DECLINE', { requestedAddress: address, serverId: SERVER }));
  assert.deepEqual(kinds(effects), ['persistDecline', 'ended', 'warn']);
  assert.equal(bench.lease(1), ip('192.168.77.11'));
  assert.equal(bench.answer(from(2, 'DISCOVER', { requestedAddress: address })), undefined);
  bench.pass(Minutes(11));
  assert.equal(bench.lease(2), address);
});

test('stepServer() ignores a DECLINE of what the client was never given', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.deepEqual(
    kinds(bench.take(from(2, 'DECLINE', { requestedAddress: address, serverId: SERVER }))),
    [],
  );
  assert.equal(typeOf(bench.renew(1, address)), 'ACK');
});

test('stepServer() puts the oldest address back when false DECLINEs fill the quarantine', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.1'), last: ip('192.168.77.150') } });
  for (let n = 1; n <= 149; n++) {
    const address = bench.lease(n);
    bench.take(from(n, 'DECLINE', { requestedAddress: address, serverId: SERVER }));
  }
  assert.equal(bench.state.quarantine.size, MAX_QUARANTINE);
  assert.equal(bench.lease(200), ip('192.168.77.2'));
});

test('stepServer() keeps half of a small pool out of the quarantine whatever clients DECLINE', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.17') } });
  for (let n = 1; n <= 20; n++) {
    const address = bench.lease(n);
    bench.take(from(n, 'DECLINE', { requestedAddress: address, serverId: SERVER }));
  }
  assert.equal(bench.state.quarantine.size, 4);
});

test('stepServer() ignores a RELEASE or DECLINE from another device that knows the identifier or the MAC address', () => {
  const bench = new Bench();
  const clientId = Uint8Array.of(255, 7, 7, 7);
  const address = bench.lease(1, { clientId });
  assert.deepEqual(kinds(bench.take(from(2, 'RELEASE', { clientId }, { ciaddr: address }))), []);
  const decline = { clientId, requestedAddress: address, serverId: SERVER };
  assert.deepEqual(kinds(bench.take(from(2, 'DECLINE', decline))), []);
  const forged = from(1, 'RELEASE', { clientId }, { ciaddr: address });
  assert.deepEqual(kinds(bench.take({ ...forged, via: macOf(2) } as typeof forged)), []);
  assert.equal(bench.bound().size, 1);
});

test('stepServer() answers INFORM with the settings, without address and times, and remembers nothing (RFC 2131 §4.3.5)', () => {
  const bench = new Bench();
  const ack = bench.answer(from(1, 'INFORM', {}, { ciaddr: ip('192.168.77.150') }));
  assert.equal(typeOf(ack), 'ACK');
  assert.equal(ack?.to.address, ip('192.168.77.150'));
  assert.equal(ack?.message.yiaddr, 0);
  assert.equal(ack?.message.options.leaseTime, undefined);
  assert.deepEqual(ack?.message.options.dnsServers, [SERVER]);
  assert.equal(bench.state.table.size, 0);
  assert.equal(bench.answer(from(1, 'INFORM')), undefined);
});
