import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours } from '../../../src/base/duration.ts';
import { Bench, SERVER, from, ip, kinds, macOf, typeOf } from './bench.ts';

const ONE = { pool: { first: ip('192.168.77.10'), last: ip('192.168.77.10') } };

test('a lease the owner takes back ends at once for the list and the journal, and for its client at the renewal', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.deepEqual(kinds(bench.take({ kind: 'revoke', address })), ['persistDecline', 'ended']);
  assert.equal(bench.bound().size, 0);
  assert.equal(typeOf(bench.renew(1, address)), 'NAK');
  assert.equal(bench.lease(1), address);
  assert.equal(typeOf(bench.renew(1, address)), 'ACK');
});

test('an address taken back is no one else’s while its client may still use it', () => {
  const bench = new Bench(ONE);
  const address = bench.lease(1);
  bench.take({ kind: 'revoke', address });
  assert.equal(bench.answer(from(2, 'DISCOVER')), undefined);
  assert.equal(typeOf(bench.renew(1, address)), 'NAK');
  assert.equal(bench.answer(from(2, 'DISCOVER')), undefined, 'the refusal may be lost');
  assert.equal(typeOf(bench.renew(1, address)), 'NAK');
  bench.take(from(1, 'RELEASE', { serverId: SERVER }, { ciaddr: address }));
  assert.equal(bench.lease(2), address);
});

test('an address taken back is free when its client discovers and gets another', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  const reservations = [{ mac: macOf(1), address: ip('192.168.77.200') }];
  bench.take({ kind: 'reconfigure', options: { ...bench.state.plan.options, reservations } });
  assert.equal(typeOf(bench.renew(1, address)), 'NAK');
  const wish = from(2, 'DISCOVER', { requestedAddress: address });
  assert.notEqual(bench.answer(wish)?.message.yiaddr, address);
  assert.equal(bench.lease(1), ip('192.168.77.200'));
  const other = from(3, 'REQUEST', { requestedAddress: address });
  assert.equal(typeOf(bench.answer(other)), 'ACK');
});

test('an address taken back is free when its lease would have ended', () => {
  const bench = new Bench(ONE);
  bench.lease(1);
  bench.take({ kind: 'revoke', address: ip('192.168.77.10') });
  assert.deepEqual(kinds(bench.pass(Hours(13))), []);
  assert.equal(bench.lease(2), ip('192.168.77.10'));
});

test('a client whose lease was taken back moves to its new reservation', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  const reservations = [{ mac: macOf(1), address: ip('192.168.77.200'), name: 'camera' }];
  bench.take({ kind: 'reconfigure', options: { ...bench.state.plan.options, reservations } });
  bench.take({ kind: 'revoke', address });
  assert.equal(typeOf(bench.answer(from(1, 'REQUEST', { requestedAddress: address }))), 'NAK');
  assert.equal(bench.lease(1), ip('192.168.77.200'));
});

test('a RELEASE of an address taken back frees it, and taking back what is nobody’s does nothing', () => {
  const bench = new Bench(ONE);
  const address = bench.lease(1);
  bench.take({ kind: 'revoke', address });
  assert.deepEqual(kinds(bench.take(from(1, 'RELEASE', { serverId: SERVER }, { ciaddr: address }))), [
    'persistEnd',
  ]);
  assert.deepEqual(kinds(bench.take({ kind: 'revoke', address })), []);
  assert.equal(bench.lease(2), address);
});

test('a reservation that names a running lease tells of the new name at once', () => {
  const bench = new Bench();
  const address = bench.lease(1, { hostName: 'esp-1234' });
  const reservations = [{ mac: macOf(1), address, name: 'camera' }];
  const effects = bench.take({ kind: 'reconfigure', options: { ...bench.state.plan.options, reservations } });
  assert.deepEqual(
    effects.filter((effect) => effect.kind === 'began').map(({ lease }) => lease.name),
    ['camera'],
  );
  assert.equal(typeOf(bench.renew(1, address)), 'ACK');
});
