import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes } from '../../../src/base/duration.ts';
import type { Ipv4 } from '../../../src/base/ipv4.ts';
import { MAX_MISSES, MAX_MISSES_IN_ROW } from '../../../src/engine/dhcp4-server/limits.ts';
import type { Effect } from '../../../src/engine/dhcp4-server/state.ts';
import { Bench, SERVER, from, ip, kinds, macOf, typeOf } from './bench.ts';

test('a client that still uses the address it had is no conflict with itself', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  bench.pass(Hours(13));
  bench.inUse.set(address, macOf(1));
  assert.equal(bench.lease(1), address);
  assert.equal(bench.state.quarantine.size, 0);
});

test('what answers by a ping alone, or from another MAC address, is a conflict', () => {
  for (const by of [undefined, macOf(2)]) {
    const bench = new Bench();
    const address = bench.lease(1);
    bench.pass(Hours(13));
    bench.inUse.set(address, by);
    assert.notEqual(bench.lease(1), address);
    assert.ok(bench.state.quarantine.has(address));
  }
});

test('the answer of the repeater a client asks through is the client’s for the address it had, and a conflict for another', () => {
  const bench = new Bench();
  const via = macOf(99);
  const asking = { ...from(1, 'DISCOVER'), via } as Parameters<Bench['take']>[0];
  const address = bench.lease(1);
  bench.pass(Hours(13));
  bench.inUse.set(address, via);
  assert.equal(bench.answer(asking)?.message.yiaddr, address);
  const fresh = new Bench();
  fresh.inUse.set(ip('192.168.77.2'), via);
  assert.equal(fresh.answer(asking)?.message.yiaddr, ip('192.168.77.3'));
});

test('a device that answers ARP for every address is found out and ignored; the next DISCOVER gets an offer', () => {
  const bench = new Bench();
  for (let last = 2; last <= 100; last++) bench.inUse.set((SERVER - 1 + last) as Ipv4, macOf(66));
  const effects = bench.take(from(1, 'DISCOVER'));
  assert.equal(kinds(effects).filter((kind) => kind === 'probe').length, MAX_MISSES);
  assert.match(JSON.stringify(effects), /02:00:00:00:00:42 answers ARP for many addresses/);
  assert.equal(typeOf(bench.answer(from(1, 'DISCOVER'))), 'OFFER');
});

test('a device that answers ARP for every address under another MAC address each time keeps nobody from an address for long', () => {
  const bench = new Bench();
  for (let last = 2; last <= 100; last++) bench.inUse.set((SERVER - 1 + last) as Ipv4, macOf(1000 + last));
  const effects: Effect[] = [];
  for (let turn = 1; turn < MAX_MISSES_IN_ROW / MAX_MISSES; turn++)
    effects.push(...bench.take(from(1, 'DISCOVER')));
  assert.ok(!kinds(effects).includes('send'));
  const last = bench.take(from(1, 'DISCOVER'));
  assert.equal(kinds(last).filter((kind) => kind === 'send').length, 1);
  const text = JSON.stringify([...effects, ...last]);
  assert.match(
    text,
    /32 addresses of the LAN in a row were answered for, the last by 02:00:00:00:\S\S:\S\S: .*ping alone/,
  );
  assert.equal(bench.state.proxies.size, 0);
  // What is found in use one after the other is told a few times, not each time.
  assert.ok(text.split('is used by a device').length <= 1 + MAX_MISSES, text);
  for (let n = 2; n <= 40; n++) assert.equal(typeOf(bench.answer(from(n, 'DISCOVER'))), 'OFFER');
});

test('a device that answers pings of every address as well makes the server offer without a check, for an hour', () => {
  const bench = new Bench();
  for (let last = 2; last <= 100; last++) bench.inUse.set((SERVER - 1 + last) as Ipv4, undefined);
  const turns = Array.from({ length: (2 * MAX_MISSES_IN_ROW) / MAX_MISSES }, () =>
    bench.take(from(1, 'DISCOVER')),
  );
  assert.deepEqual(
    turns.map((effects) => kinds(effects).includes('send')),
    [...Array.from({ length: turns.length - 1 }, () => false), true],
  );
  assert.match(JSON.stringify(turns), /in a row were answered for: .* not checked/);
  assert.deepEqual(kinds(bench.take(from(2, 'DISCOVER'))), ['send']);
  bench.pass(Hours(1));
  assert.ok(kinds(bench.take(from(3, 'DISCOVER'))).includes('probe'));
});

test('devices that are there one beside the other are not taken for one that answers for all', () => {
  const bench = new Bench();
  const crowd = MAX_MISSES_IN_ROW - 2;
  for (let last = 2; last < 2 + crowd; last++)
    bench.inUse.set((SERVER - 1 + last) as Ipv4, macOf(1000 + last));
  for (let turn = 0; turn < crowd / MAX_MISSES; turn++) bench.take(from(1, 'DISCOVER'));
  const free = (SERVER - 1 + 2 + crowd) as Ipv4;
  assert.equal(bench.answer(from(2, 'DISCOVER'))?.message.yiaddr, (free + 1) as Ipv4);
  bench.pass(Minutes(1));
  for (let n = 10; n < 50; n++) {
    const address = bench.answer(from(n, 'DISCOVER'))?.message.yiaddr;
    assert.ok(address !== undefined && address >= free, String(address));
  }
  assert.equal(bench.state.proxies.size, 0);
});

test('a client that asks for an address it had before the journal was lost gets it, after a probe', () => {
  const bench = new Bench();
  const wish = from(1, 'REQUEST', { requestedAddress: ip('192.168.77.42') });
  assert.deepEqual(kinds(bench.take(wish)), ['probe', 'persist', 'send', 'began']);
  const other = new Bench();
  other.inUse.set(ip('192.168.77.42'), macOf(2));
  const refused = other.take(wish).find((effect) => effect.kind === 'send');
  assert.equal(typeOf(refused), 'NAK');
});

test('a repeated REQUEST during the probe gets one answer', () => {
  const bench = new Bench();
  bench.answersProbes = false;
  const wish = from(1, 'REQUEST', { requestedAddress: ip('192.168.77.42') });
  assert.deepEqual(kinds(bench.take(wish)), ['probe']);
  bench.take(wish);
  const effects = bench.take({ kind: 'probed', address: ip('192.168.77.42'), inUse: false });
  assert.equal(kinds(effects).filter((kind) => kind === 'send').length, 1);
});

test('settings that change during a probe hold for what follows', () => {
  const bench = new Bench();
  bench.answersProbes = false;
  bench.take(from(1, 'DISCOVER'));
  const exclude = [{ first: ip('192.168.77.2'), last: ip('192.168.77.9') }];
  bench.take({ kind: 'reconfigure', options: { ...bench.state.plan.options, exclude } });
  bench.answersProbes = true;
  const effects = bench.take({ kind: 'probed', address: ip('192.168.77.2'), inUse: false });
  const offer = effects.find((effect) => effect.kind === 'send');
  assert.equal(offer?.message.yiaddr, ip('192.168.77.10'));
});
