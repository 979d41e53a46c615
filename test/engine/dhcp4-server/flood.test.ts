import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours, Milliseconds, Minutes, Seconds } from '../../../src/base/duration.ts';
import type { Ipv4 } from '../../../src/base/ipv4.ts';
import {
  KNOWN_SHARE,
  MAX_ENTRIES,
  MAX_FORGOTTEN,
  MAX_LAPSED,
  MAX_NEW_LEASES,
  MAX_OFFERS,
  MAX_STRANGERS_PER_SECOND,
  SHORT_OFFER_TIME,
} from '../../../src/engine/dhcp4-server/limits.ts';
import { Bench, SERVER, from, ip, macOf, typeOf } from './bench.ts';

const SMALL = { pool: { first: ip('192.168.77.10'), last: ip('192.168.77.25') } };

/** Clients that were here for days and have left: numbers 1 to `count`. */
function departed(bench: Bench, count: number): Ipv4[] {
  const addresses = Array.from({ length: count }, (_, n) => bench.lease(n + 1));
  bench.pass(Hours(2));
  for (const [n, address] of addresses.entries()) bench.renew(n + 1, address);
  bench.pass(Hours(13));
  return addresses;
}

/** Each of `count` strangers asks once, `perSecond` of them in a second. */
function flood(bench: Bench, count: number, perSecond: number, begin = 1000): void {
  for (let n = 0; n < count; n++) {
    if (n % perSecond === 0) bench.pass(Seconds(1));
    bench.take(from(begin + n, 'DISCOVER'));
  }
}

test('a flood of DISCOVERs from 100 000 MAC addresses leaves every renewal answered and the tables small', () => {
  const bench = new Bench({ leaseTime: Hours(1) });
  const held = Array.from({ length: 50 }, (_, n) => bench.lease(n + 1));
  let renewals = 0;
  for (let n = 0; n < 100_000; n++) {
    // Twenty thousand a second, more than are taken.
    if (n % 20 === 0) bench.pass(Milliseconds(1));
    bench.take(from(1000 + n, 'DISCOVER'));
    if (n % 500 !== 0) continue;
    const client = renewals++ % held.length;
    assert.equal(typeOf(bench.renew(client + 1, held[client] ?? SERVER)), 'ACK');
  }
  assert.ok(bench.state.table.size <= 99);
  assert.ok(bench.state.rate.size <= MAX_STRANGERS_PER_SECOND + held.length);
  assert.deepEqual(new Set(bench.bound().keys()), new Set(held));
});

test('offers expire fast in a flood, and a new client gets an address soon after it', () => {
  const bench = new Bench();
  flood(bench, 500, 500);
  assert.equal(bench.answer(from(1, 'DISCOVER')), undefined, 'all are offered');
  bench.pass(SHORT_OFFER_TIME);
  bench.pass(Seconds(1));
  assert.equal(typeOf(bench.answer(from(1, 'DISCOVER'))), 'OFFER');
});

test('a client whose lease ended gets its address back in the middle of a flood', () => {
  const bench = new Bench(SMALL);
  const addresses = departed(bench, 16);
  flood(bench, 2000, 100);
  for (const [n, address] of addresses.entries()) {
    const offer = bench.answer(from(n + 1, 'DISCOVER'));
    assert.equal(offer?.message.yiaddr, address);
    bench.take(from(3000 + n, 'DISCOVER'));
    const options = { requestedAddress: address, serverId: SERVER };
    assert.equal(typeOf(bench.answer(from(n + 1, 'REQUEST', options))), 'ACK');
  }
});

test('one address in KNOWN_SHARE stays for known clients when strangers take all they are offered', () => {
  const bench = new Bench(SMALL);
  const addresses = departed(bench, 16);
  const kept = Math.floor(16 / KNOWN_SHARE);
  let taken = 0;
  for (let n = 1000; n < 1100; n++) {
    const offer = bench.answer(from(n, 'DISCOVER'));
    if (offer === undefined) continue;
    const request = { requestedAddress: offer.message.yiaddr, serverId: SERVER };
    if (typeOf(bench.answer(from(n, 'REQUEST', request))) === 'ACK') taken++;
  }
  assert.equal(taken, 16 - kept);
  // The last to have left keep theirs; the oldest were given away first.
  assert.equal(bench.lease(16), addresses[15]);
  assert.equal(bench.lease(15), addresses[14]);
});

test('strangers that ask for addresses they were not offered get none that another had, and none of those kept', () => {
  const bench = new Bench(SMALL);
  const [first, ...others] = departed(bench, 8);
  assert.ok(first !== undefined && others.length > 0);
  const ways = [
    from(1000, 'REQUEST', { requestedAddress: first, serverId: SERVER }),
    from(1001, 'REQUEST', { requestedAddress: first }),
    from(1002, 'REQUEST', {}, { ciaddr: first }),
  ];
  for (const way of ways) assert.equal(typeOf(bench.answer(way)), 'NAK');
  for (let n = 0; n < 16; n++) {
    const requestedAddress = ip(`192.168.77.${10 + n}`);
    bench.take(from(2000 + n, 'REQUEST', { requestedAddress, serverId: SERVER }));
  }
  for (const [n, address] of [first, ...others].entries()) assert.equal(bench.lease(n + 1), address);
});

test('strangers that name fresh addresses leave those that are kept for known clients', () => {
  const bench = new Bench(SMALL);
  departed(bench, 1);
  for (let n = 1; n < 16; n++) {
    const requestedAddress = ip(`192.168.77.${10 + n}`);
    bench.take(from(2000 + n, 'REQUEST', { requestedAddress, serverId: SERVER }));
  }
  assert.equal(bench.bound().size, 15);
  assert.equal(
    typeOf(bench.answer(from(3000, 'REQUEST', { requestedAddress: ip('192.168.77.10'), serverId: SERVER }))),
    'NAK',
  );
});

test('a device that was here for a moment is no known client: all of the pool is for new ones', () => {
  const bench = new Bench(SMALL);
  for (let n = 1; n <= 16; n++) bench.lease(n);
  bench.pass(Hours(13));
  for (let n = 100; n < 116; n++) bench.lease(n);
  assert.equal(bench.bound().size, 16);
});

test('known clients are counted on for a week, then their addresses are for new ones', () => {
  const bench = new Bench(SMALL);
  departed(bench, 16);
  bench.pass(Days(8));
  for (let n = 100; n < 116; n++) bench.lease(n);
  assert.equal(bench.bound().size, 16);
});

test('guests’ addresses are given away before those of clients that had come back', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.13') } });
  const [regular] = departed(bench, 1);
  bench.pass(Hours(1));
  for (const n of [11, 12, 13]) bench.lease(n);
  bench.pass(Hours(14));
  for (const n of [21, 22, 23]) assert.notEqual(bench.lease(n), regular);
  assert.equal(bench.lease(1), regular);
});

test('an offer over an ended lease that is not taken leaves the address with who had it, first in line', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.11') } });
  const first = bench.lease(1);
  bench.pass(Minutes(1));
  const second = bench.lease(2);
  bench.pass(Hours(13));
  assert.equal(bench.answer(from(3, 'DISCOVER'))?.message.yiaddr, first);
  bench.pass(Minutes(2));
  assert.equal(bench.answer(from(4, 'DISCOVER'))?.message.yiaddr, first);
  bench.pass(Minutes(2));
  assert.equal(bench.lease(1), first);
  assert.equal(bench.lease(2), second);
});

test('who was offered another client’s former address is refused when that client came back first', () => {
  const bench = new Bench({ pool: { first: ip('192.168.77.10'), last: ip('192.168.77.10') } });
  const address = bench.lease(1);
  bench.pass(Hours(13));
  assert.equal(bench.answer(from(2, 'DISCOVER'))?.message.yiaddr, address);
  assert.equal(typeOf(bench.answer(from(1, 'REQUEST', { requestedAddress: address }))), 'ACK');
  const late = from(2, 'REQUEST', { requestedAddress: address, serverId: SERVER });
  assert.equal(typeOf(bench.answer(late)), 'NAK');
});

const WIDE = {
  server: { address: ip('10.0.0.1'), length: 8 },
  pool: { first: ip('10.0.0.1'), last: ip('10.255.255.254') },
};

test('the pool of a /8 costs nothing at the start, and a flood in it leaves the tables within their caps', () => {
  const bench = new Bench(WIDE);
  assert.equal(bench.state.plan.poolSize, 2 ** 24 - 3);
  flood(bench, 60_000, 5000);
  assert.ok(bench.state.table.offers <= MAX_OFFERS);
  assert.ok(bench.state.table.size <= MAX_OFFERS + MAX_LAPSED);
  bench.pass(Minutes(2));
  assert.ok(bench.state.table.size <= MAX_LAPSED);
  assert.ok([...bench.state.table.reusable()].length <= MAX_LAPSED + MAX_FORGOTTEN);
});

test('large exclusions are stepped over, not through', () => {
  const bench = new Bench({
    ...WIDE,
    exclude: [{ first: ip('10.0.0.2'), last: ip('10.200.0.0') }],
  });
  const offer = bench.answer(from(1, 'DISCOVER'));
  assert.equal(offer?.message.yiaddr, ip('10.200.0.1'));
});

test('addresses that nobody holds any more are found again after the pool was gone through once', () => {
  const bench = new Bench({
    server: { address: ip('10.0.0.1'), length: 16 },
    pool: { first: ip('10.0.0.2'), last: ip('10.0.15.255') },
  });
  flood(bench, 12_000, 4000);
  bench.pass(Minutes(2));
  const offered = new Set<Ipv4>();
  for (let n = 0; n < 4000; n++) {
    if (n % 1000 === 0) bench.pass(Milliseconds(1000));
    const offer = bench.answer(from(40_000 + n, 'DISCOVER'));
    if (offer !== undefined) offered.add(offer.message.yiaddr);
  }
  assert.equal(offered.size, 4000);
});

test('MAX_ENTRIES bounds the memory also where leases are taken', () => {
  const bench = new Bench({ ...WIDE, leaseTime: Minutes(10) });
  let given = 0;
  for (let n = 0; n < MAX_ENTRIES + 2000; n++) {
    if (n % 1000 === 0) bench.pass(Seconds(1));
    bench.take(from(n, 'DISCOVER'));
    const address = bench.state.table.ofClient({
      client: `01${macOf(n).replaceAll(':', '')}` as never,
    })?.address;
    if (address === undefined) continue;
    given++;
    bench.take(from(n, 'REQUEST', { requestedAddress: address, serverId: ip('10.0.0.1') }));
  }
  assert.equal(given, MAX_ENTRIES);
  assert.ok(bench.state.table.size <= MAX_ENTRIES);
  bench.pass(Minutes(11));
  bench.take(from(50_000, 'DISCOVER'));
  assert.ok(bench.state.table.size <= MAX_ENTRIES);
});

test('new leases of strangers are few a second once MAX_NEW_LEASES were given, so that no flood wears the card out', () => {
  const bench = new Bench({ ...SMALL, leaseTime: Hours(1) });
  let written = 0;
  for (let n = 0; n < MAX_NEW_LEASES + 5000; n++) {
    if (n % 1000 === 0) bench.pass(Seconds(1));
    const offer = bench.answer(from(n % 60_000, 'DISCOVER'));
    const address = offer?.message.yiaddr;
    if (address === undefined) continue;
    const effects = bench.take(from(n % 60_000, 'REQUEST', { requestedAddress: address, serverId: SERVER }));
    written += effects.filter((effect) => effect.kind === 'persist').length;
    bench.take(from(n % 60_000, 'RELEASE', { serverId: SERVER }, { ciaddr: address }));
  }
  assert.ok(written < MAX_NEW_LEASES + 1500, `${written} leases were written`);
  assert.ok(written >= MAX_NEW_LEASES);
});
