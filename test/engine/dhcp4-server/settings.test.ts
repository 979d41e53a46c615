import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours, Minutes } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import type { Ipv4 } from '../../../src/base/ipv4.ts';
import type { LeaseBinding } from '../../../src/port/lease-journal.ts';
import { Bench, from, ip, kinds, macOf, typeOf } from './bench.ts';

function binding(n: number, address: Ipv4, expires: Timestamp): LeaseBinding {
  const mac = macOf(n);
  return { address, client: `01${mac.replaceAll(':', '')}`, mac, hostName: `pc${n}`, expires };
}

test('restore takes over leases that run, tells of them, and keeps ended ones in mind', () => {
  const bench = new Bench();
  const [running, ended] = [ip('192.168.77.30'), ip('192.168.77.31')];
  const bindings = [
    binding(1, running, after(bench.wall, Hours(1))),
    binding(2, ended, Timestamp(bench.wall - 1)),
  ];
  const effects = bench.take({ kind: 'restore', recorded: { bindings, declined: [] } });
  assert.deepEqual(
    effects.filter((effect) => effect.kind === 'began').map(({ lease }) => lease),
    [{ address: running, mac: macOf(1), name: 'pc1', since: bench.wall }],
  );
  assert.equal(typeOf(bench.renew(1, running)), 'ACK');
  assert.equal(bench.lease(2), ended);
  assert.equal(bench.lease(3), ip('192.168.77.2'));
});

test('restore ends a lease when it was recorded to end', () => {
  const bench = new Bench();
  const bindings = [binding(1, ip('192.168.77.30'), after(bench.wall, Hours(1)))];
  bench.take({ kind: 'restore', recorded: { bindings, declined: [] } });
  assert.deepEqual(kinds(bench.pass(Minutes(59))), []);
  assert.deepEqual(kinds(bench.pass(Minutes(2))), ['ended']);
});

test('restore gives a client with two records the one that ends last', () => {
  const bench = new Bench();
  const bindings = [
    binding(1, ip('192.168.77.31'), after(bench.wall, Hours(2))),
    binding(1, ip('192.168.77.30'), after(bench.wall, Hours(1))),
  ];
  bench.take({ kind: 'restore', recorded: { bindings, declined: [] } });
  assert.deepEqual([...bench.bound().keys()], [ip('192.168.77.31')]);
});

test('restore leaves declined addresses alone until their time is over', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.10') } });
  const declined = [{ address: ip('192.168.77.10'), until: after(bench.wall, Minutes(5)) }];
  bench.take({ kind: 'restore', recorded: { bindings: [], declined } });
  assert.equal(bench.answer(from(1, 'DISCOVER')), undefined);
  bench.pass(Minutes(6));
  assert.equal(bench.lease(1), ip('192.168.77.10'));
});

test('a box that starts in 1970 keeps the recorded leases and ends them on time once the clock is set', () => {
  const bench = new Bench();
  const real = bench.wall;
  bench.wall = Timestamp(0);
  const bindings = [
    binding(1, ip('192.168.77.30'), after(real, Hours(1))),
    binding(2, ip('192.168.77.31'), Timestamp(real - Days(1))),
  ];
  bench.take({ kind: 'restore', recorded: { bindings, declined: [] } });
  assert.equal(bench.bound().size, 2);
  const fresh = bench.lease(3);
  bench.wall = real;
  const effects = bench.take({ kind: 'clockSet' });
  const recorded = effects.filter((effect) => effect.kind === 'persist').map((effect) => effect.binding);
  assert.deepEqual(
    recorded.map(({ address, expires }) => [address, expires - real <= Hours(12) + 1000 && expires > real]),
    [
      [ip('192.168.77.30'), true],
      [fresh, true],
    ],
  );
  bench.pass(Minutes(1));
  assert.deepEqual(new Set(bench.bound().keys()), new Set([ip('192.168.77.30'), fresh]));
  bench.pass(Hours(1));
  assert.deepEqual([...bench.bound().keys()], [fresh]);
});

test('a box that starts in 1970 each time has addresses for new devices again when the leases of before could be over', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.11') } });
  bench.wall = Timestamp(0);
  // Of guests of long ago: the box had run for months by then.
  const bindings = [10, 11].map((n) => binding(n, ip(`192.168.77.${n}`), Timestamp(Days(100 + n))));
  bench.take({ kind: 'restore', recorded: { bindings, declined: [] } });
  assert.equal(bench.bound().size, 2);
  assert.equal(bench.answer(from(1, 'DISCOVER')), undefined);
  bench.pass(Hours(13));
  assert.equal(bench.lease(1), ip('192.168.77.10'));
});

test('reconfigure keeps leases; what no longer fits is refused when it is renewed', () => {
  const bench = new Bench();
  const [kept, outside] = [bench.lease(1), bench.lease(2)];
  const options = { ...bench.state.plan.options, exclude: [{ first: outside, last: outside }] };
  assert.deepEqual(kinds(bench.take({ kind: 'reconfigure', options })), []);
  assert.equal(bench.bound().size, 2);
  assert.equal(typeOf(bench.renew(1, kept)), 'ACK');
  const refused = bench.take(from(2, 'REQUEST', {}, { ciaddr: outside }));
  assert.deepEqual(kinds(refused), ['persistDecline', 'ended', 'send', 'send']);
  assert.notEqual(bench.lease(2), outside);
});

test('reconfigure moves a client to its new reservation when it renews', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  const reserved = ip('192.168.77.200');
  const reservations = [{ mac: macOf(1), address: reserved }];
  bench.take({ kind: 'reconfigure', options: { ...bench.state.plan.options, reservations } });
  assert.equal(typeOf(bench.renew(1, address)), 'NAK');
  assert.equal(bench.lease(1), reserved);
});
