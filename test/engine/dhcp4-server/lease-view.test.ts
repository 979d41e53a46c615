import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes } from '../../../src/base/duration.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { formatIpv4 } from '../../../src/base/ipv4.ts';
import { type LeaseView, leaseViews } from '../../../src/engine/dhcp4-server/lease-view.ts';
import { Bench, from, ip, macOf } from './bench.ts';

const views = (bench: Bench): readonly LeaseView[] =>
  leaseViews(bench.state, { now: bench.now, wall: bench.wall });
const lines = (bench: Bench): string[] =>
  views(bench).map(({ address, state, name }) => `${formatIpv4(address)} ${state} ${name ?? '-'}`);

test('leaseViews() lists leases, offers and reservations of devices that are not here, by address', () => {
  const bench = new Bench({
    reservations: [
      { mac: macOf(9), address: ip('192.168.77.50'), name: 'camera' },
      { hostName: 'printer', address: ip('192.168.77.40') },
    ],
  });
  bench.lease(1, { hostName: 'PC' });
  bench.take(from(2, 'DISCOVER'));
  assert.deepEqual(lines(bench), [
    '192.168.77.2 bound pc',
    '192.168.77.3 offered -',
    '192.168.77.40 reserved printer',
    '192.168.77.50 reserved camera',
  ]);
  bench.lease(9);
  bench.pass(Minutes(2));
  assert.deepEqual(lines(bench), [
    '192.168.77.2 bound pc',
    '192.168.77.40 reserved printer',
    '192.168.77.50 bound camera',
  ]);
  bench.pass(Hours(13));
  assert.deepEqual(lines(bench), ['192.168.77.40 reserved printer', '192.168.77.50 reserved camera']);
});

test('leaseViews() tells what is known of a device: identifier, kind, since when and until when', () => {
  const bench = new Bench();
  const begun = bench.wall;
  const address = bench.lease(1, { clientId: fromHex('ff0102'), vendorClass: 'MSFT 5.0\x1b[2J' });
  bench.pass(Hours(6));
  bench.take(from(1, 'REQUEST', { clientId: fromHex('ff0102') }, { ciaddr: address }));
  const [view] = views(bench);
  assert.deepEqual(
    [view?.client, view?.vendor, view?.mac, view?.since, view?.isReserved],
    ['ff0102', String.raw`MSFT 5.0\x1b[2J`, macOf(1), begun, false],
  );
  const left = (view?.expires ?? 0) - bench.wall;
  assert.ok(left > Hours(12) - 2000 && left <= Hours(12) + 1000);
});

test('leaseViews() shows a lease also while its address is offered to the same device under another identifier', () => {
  const bench = new Bench();
  bench.lease(1, { clientId: fromHex('ff01') });
  bench.take(from(1, 'DISCOVER', { clientId: fromHex('ff02') }));
  assert.deepEqual(
    views(bench).map(({ client, state }) => [client, state]),
    [['ff01', 'bound']],
  );
});

test('leaseViews() shows a lease that was taken back until its client knows', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  bench.take({ kind: 'revoke', address });
  assert.deepEqual(lines(bench), ['192.168.77.2 revoked -']);
});
