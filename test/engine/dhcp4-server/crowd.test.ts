import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import { type Instant, type Timestamp, after } from '../../../src/base/instant.ts';
import { type Ipv4, UNSPECIFIED } from '../../../src/base/ipv4.ts';
import type { LeaseBinding } from '../../../src/port/lease-journal.ts';
import {
  MAX_ENTRIES,
  MAX_LAPSED,
  MAX_OFFERS,
  MAX_QUARANTINE,
  MAX_WARNINGS,
} from '../../../src/engine/dhcp4-server/limits.ts';
import { type Effect, type Event, type State, initialState } from '../../../src/engine/dhcp4-server/state.ts';
import { stepServer } from '../../../src/engine/dhcp4-server/step.ts';
import { clientKeyOf } from '../../../src/wire/dhcp4/client-key.ts';
import { MESSAGE_TYPE } from '../../../src/wire/dhcp4/constants.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { OPTIONS, SERVER, from, ip, macOf } from './bench.ts';

/** What a client believes it has, until when. */
interface Held {
  readonly address: Ipv4;
  readonly until: Instant;
}

const POOL = 60;
const LEASE_TIME = Hours(1);

/**
 * Thousands of clients on one server, whose probes and records take their time and come back in any order. Each client
 * says anything a client can say, with right and wrong addresses; frames are lost.
 */
class Crowd {
  state: State;
  now = after(0 as Instant, Hours(1));
  readonly journal = new Map<Ipv4, LeaseBinding>();
  readonly declined = new Map<Ipv4, Timestamp>();
  readonly held = new Map<number, Held>();
  readonly #random: FakeRandom;
  /** What the server waits for, each as the event that answers it. */
  readonly #waiting: (() => Event)[] = [];
  readonly #asked = new Map<number, number>();
  #wakeAt = Infinity;
  acks = 0;

  constructor(random: FakeRandom) {
    this.#random = random;
    this.state = this.#fresh();
  }

  #fresh(): State {
    const pool = { first: ip('192.168.77.2'), last: (ip('192.168.77.2') + POOL - 1) as Ipv4 };
    const reservations = [
      { mac: macOf(3), address: ip('192.168.77.10'), name: 'three' },
      { hostName: 'seven', address: ip('192.168.77.11') },
    ];
    return initialState({ ...OPTIONS, pool, reservations, leaseTime: LEASE_TIME });
  }

  #chance(one: number): boolean {
    return this.#random.below(one) === 0;
  }

  take(event: Event): void {
    const env = { now: this.now, wall: (1_700_000_000_000 + this.now) as never };
    const { state, effects } = stepServer(this.state, event, env);
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === 'send') this.#receive(effect);
    else if (effect.kind === 'probe') {
      const { address } = effect;
      const user = [...this.held].find(([, held]) => held.address === address && held.until > this.now);
      const by = user && macOf(user[0]);
      this.#waiting.push(() => ({ kind: 'probed', address, inUse: by !== undefined, by }));
    } else if (effect.kind === 'persist') {
      const { commit, binding } = effect;
      const record = (): void => {
        this.declined.delete(binding.address);
        this.journal.set(binding.address, binding);
      };
      if (commit === undefined) return record();
      this.#waiting.push(() => {
        record();
        return { kind: 'persisted', commit, failure: undefined };
      });
    } else if (effect.kind === 'persistEnd' || effect.kind === 'persistDecline') {
      this.journal.delete(effect.address);
      this.declined.delete(effect.address);
      if (effect.kind === 'persistDecline') this.declined.set(effect.address, effect.until);
    } else if (effect.kind === 'wake') this.#wakeAt = effect.at;
  }

  #receive({ message, to }: Effect & { readonly kind: 'send' }): void {
    assert.ok(to.port === 68 || to.port === 67);
    const n = message.xid;
    const { messageType, leaseTime } = message.options;
    if (messageType === MESSAGE_TYPE.ACK && message.yiaddr !== UNSPECIFIED) {
      this.acks++;
      const record = this.journal.get(message.yiaddr);
      const client = clientKeyOf({ ...message, options: { clientId: message.options.clientId } });
      assert.equal(record?.client, client, 'no ACK before the lease is recorded for this client');
    }
    if (this.#chance(10)) return;
    if (messageType === MESSAGE_TYPE.NAK) this.held.delete(n);
    const asked = this.#asked.get(n);
    if (messageType === MESSAGE_TYPE.OFFER && this.#chance(2)) {
      this.#asked.set(n, this.now);
      const wanted = { requestedAddress: message.yiaddr, serverId: SERVER };
      this.#waiting.push(() => from(n, 'REQUEST', wanted));
    } else if (messageType === MESSAGE_TYPE.ACK && asked !== undefined && leaseTime !== undefined) {
      this.held.set(n, { address: message.yiaddr, until: after(asked as Instant, leaseTime) });
    }
  }

  /** Something that was under way is done. */
  settleOne(): void {
    const [done] = this.#waiting.splice(this.#random.below(Math.max(1, this.#waiting.length)), 1);
    if (done !== undefined) this.take(done());
  }

  settle(): void {
    while (this.#waiting.length > 0) this.settleOne();
  }

  pass(seconds: number): void {
    this.now = after(this.now, Seconds(seconds));
    if (this.#wakeAt <= this.now) this.take({ kind: 'wake' });
  }

  #anyAddress(): Ipv4 {
    return (ip('192.168.77.0') + this.#random.below(POOL + 10)) as Ipv4;
  }

  /** Client `n` says something. */
  speak(n: number): void {
    const held = this.held.get(n);
    const own = held?.address ?? this.#anyAddress();
    const wrong = this.#anyAddress();
    const options = n % 7 === 0 ? { hostName: 'seven' } : {};
    const sayings: readonly (() => Event)[] = [
      () => from(n, 'DISCOVER', options),
      () => from(n, 'DISCOVER', { ...options, requestedAddress: wrong }),
      () => from(n, 'REQUEST', options, { ciaddr: own }),
      () => from(n, 'REQUEST', { ...options, requestedAddress: own }),
      () => from(n, 'REQUEST', { requestedAddress: wrong, serverId: SERVER }),
      () => from(n, 'REQUEST', { requestedAddress: wrong, serverId: ip('192.168.77.254') }),
      () => from(n, 'RELEASE', { serverId: SERVER }, { ciaddr: own }),
      () => from(n, 'DECLINE', { serverId: SERVER, requestedAddress: own }),
      () => from(n, 'INFORM', {}, { ciaddr: own }),
      () => ({ kind: 'revoke', address: wrong }),
    ];
    const chosen = this.#random.below(sayings.length);
    // Only a client that renews goes on using its address.
    if ([0, 1, 3, 4, 5, 6, 7].includes(chosen)) this.held.delete(n);
    if ([2, 3].includes(chosen)) this.#asked.set(n, this.now);
    else if (chosen !== 8) this.#asked.delete(n);
    const event = sayings[chosen]?.();
    if (event !== undefined && !this.#chance(10)) this.take(event);
  }

  /** The box starts again with what is recorded; what was under way is lost. */
  restart(): void {
    this.#waiting.length = 0;
    this.#wakeAt = Infinity;
    this.state = this.#fresh();
    const declined = Array.from(this.declined, ([address, until]) => ({ address, until }));
    this.take({ kind: 'restore', recorded: { bindings: [...this.journal.values()], declined } });
  }

  check(): void {
    const users = new Map<Ipv4, number>();
    for (const [n, { address, until }] of this.held) {
      if (until <= this.now) continue;
      assert.equal(users.get(address), undefined, `clients ${users.get(address)} and ${n} have one address`);
      users.set(address, n);
    }
    const { table, quarantine, warned, commits } = this.state;
    assert.ok(table.size <= MAX_ENTRIES && table.size <= POOL + 2);
    assert.ok(table.offers <= MAX_OFFERS && quarantine.size <= MAX_QUARANTINE && warned.size <= MAX_WARNINGS);
    assert.ok(commits.size <= POOL + 2 && [...table.reusable()].length <= POOL + MAX_LAPSED);
    const live = [...table.values()].filter(({ phase }) => phase !== 'past' && phase !== 'lapsed');
    assert.equal(table.held, live.filter(({ address }) => this.state.plan.isPooled(address)).length);
  }
}

test('thousands of clients that say anything never share an address, and none is told of a lease before it is recorded', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new FakeRandom(seed);
      const crowd = new Crowd(random);
      for (let turn = 0; turn < 4000; turn++) {
        crowd.speak(1 + random.below(turn % 3 === 0 ? 3000 : 50));
        if (random.below(3) > 0) crowd.settleOne();
        if (random.below(4) === 0) crowd.pass(random.below(120));
        if (random.below(1500) === 0) crowd.restart();
        if (turn % 20 === 0) crowd.check();
      }
      crowd.settle();
      crowd.check();
      assert.ok(crowd.acks > 50, `${crowd.acks} leases were given`);
    }),
    { numRuns: 8 },
  );
});

test('a journal replayed gives the same bindings, whatever happened before', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new FakeRandom(seed);
      const crowd = new Crowd(random);
      const bound = (): ReadonlyMap<Ipv4, string> =>
        new Map(
          [...crowd.state.table.values()]
            .filter(({ phase, until }) => phase === 'bound' && until > crowd.now)
            .map(({ address, who }) => [address, who.client]),
        );
      for (let turn = 0; turn < 500; turn++) {
        crowd.speak(1 + random.below(80));
        crowd.settle();
        crowd.pass(random.below(60));
      }
      crowd.pass(Minutes(1) / 1000);
      const before = bound();
      crowd.restart();
      assert.deepEqual(bound(), before);
    }),
    { numRuns: 20 },
  );
});
