import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { Ipv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { ADDRESS, Driver, MAC, reply, TYPE } from './driver.ts';

const NOBODY = Ipv4(0);
const STATIONS = [parseMac('02:00:00:00:00:98'), parseMac('02:00:00:00:00:99'), MAC];

type Action =
  | { readonly kind: 'answer'; readonly type: number; readonly address: number; readonly lease: number }
  | { readonly kind: 'arp'; readonly station: number; readonly sender: number }
  | { readonly kind: 'noise'; readonly xid: number; readonly type: number }
  | { readonly kind: 'link'; readonly up: boolean }
  | { readonly kind: 'wake' | 'start' | 'stop' }
  | { readonly kind: 'pass'; readonly milliseconds: number };

const type = fc.constantFrom(TYPE.OFFER, TYPE.ACK, TYPE.NAK);
const answer = fc.record({
  kind: fc.constant('answer' as const),
  type,
  address: fc.nat(3),
  lease: fc.constantFrom(0, 10, 60, 3600, 0xffff_ffff),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: answer },
  fc.record({ kind: fc.constant('noise' as const), xid: fc.nat(5), type }),
  fc.record({ kind: fc.constant('arp' as const), station: fc.nat(2), sender: fc.nat(4) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), up: fc.boolean() }) },
  fc.record({ kind: fc.constantFrom('wake' as const, 'start' as const, 'stop' as const) }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      milliseconds: fc.oneof(fc.nat(500), fc.nat(100_000), fc.nat(10_000_000)),
    }),
  },
);

function perform(driver: Driver, one: Action): void {
  switch (one.kind) {
    case 'answer': {
      if (driver.sent.length === 0) return;
      const yiaddr = Ipv4(ADDRESS + one.address);
      driver.answer(one.type, yiaddr, { leaseTime: Seconds(one.lease) });
      return;
    }
    case 'arp': {
      const probes = one.sender === 4;
      driver.hearArp(STATIONS[one.station] ?? MAC, probes ? NOBODY : Ipv4(ADDRESS + one.sender), ADDRESS);
      return;
    }
    case 'noise':
      driver.receive(reply(one.xid, one.type, { yiaddr: ADDRESS }));
      return;
    case 'link':
      driver.fire({ kind: 'link', up: one.up });
      return;
    case 'wake':
      driver.fire({ kind: 'wake' });
      return;
    case 'start':
      driver.fire({ kind: 'start', linkUp: true, saved: driver.state.remembered, adopt: false });
      return;
    case 'stop':
      // What a stopped client leaves configured is not its business any more.
      driver.fire({ kind: 'stop', release: true });
      return;
    default:
      driver.pass(Milliseconds(one.milliseconds));
  }
}

/** A driver on random jitter that checks after every action what an outsider may rely on. */
function run(actions: readonly Action[], seed: number): Driver {
  let word = seed;
  const driver = new Driver((limit) => {
    word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((word / 0x1_0000_0000) * limit);
  });
  driver.fire({ kind: 'start', linkUp: true, saved: undefined, adopt: false });
  for (const one of actions) {
    perform(driver, one);
    const { lease } = driver.state.phase;
    assert.equal(
      driver.configured !== undefined,
      lease !== undefined,
      'configured exactly while there is a lease',
    );
    if (lease !== undefined) assert.ok(driver.now <= lease.expiresAt, 'configured past the end of the lease');
    if (driver.state.phase.kind === 'stopped') return driver;
  }
  return driver;
}

test('stepClient() never throws and has an address configured only while a lease is valid, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.nat(), (actions, seed) => {
      run(actions, seed);
    }),
    { numRuns: 300 },
  );
});

test('stepClient() never sends more than six messages in any three seconds, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 120 }), fc.nat(), (actions, seed) => {
      const times = run(actions, seed)
        .sent.filter((one) => one.type !== 'RELEASE')
        .map(({ at }) => at);
      for (const [index, at] of times.entries()) {
        const seventh = times[index + 6];
        if (seventh !== undefined) assert.ok(seventh - at >= 3000, `seven messages from ${at} to ${seventh}`);
      }
    }),
    { numRuns: 300 },
  );
});

test('stepClient() never repeats a renewal sooner than in a minute, but at T2, and asks nothing for ten seconds after a DECLINE', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 120 }), fc.nat(), (actions, seed) => {
      const { sent } = run(actions, seed);
      for (const [index, one] of sent.entries()) {
        const next = sent[index + 1];
        if (next === undefined) continue;
        if (one.type === 'DECLINE') assert.ok(next.at - one.at >= 10_000 || next.type === 'RELEASE');
        const [isRenewal, isRepeated] = [one, next].map(({ message }) => message.ciaddr !== NOBODY);
        if (isRenewal === true && isRepeated === true && next.type === 'REQUEST' && one.to === next.to)
          assert.ok(next.at - one.at >= 60_000 || one.answered, `renewed at ${one.at} and ${next.at}`);
      }
    }),
    { numRuns: 300 },
  );
});

test('stepClient() does the same for the same events', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(), (actions, seed) => {
      const [one, other] = [run(actions, seed), run(actions, seed)];
      assert.deepEqual(one.schedule, other.schedule);
      assert.deepEqual(one.done, other.done);
      assert.deepEqual(one.state, other.state);
    }),
    { numRuns: 50 },
  );
});
