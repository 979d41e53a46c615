import assert from 'node:assert/strict';
import { type Duration, Hours } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../../src/base/instant.ts';
import { type Ipv4, UNSPECIFIED, parseIpv4 } from '../../../src/base/ipv4.ts';
import { type Mac, macBytes, macFromBytes } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { nameOf } from '../../../src/engine/dhcp4-server/identity.ts';
import type { LeaseEntry } from '../../../src/engine/dhcp4-server/lease-entry.ts';
import type { Dhcp4ServerOptions } from '../../../src/engine/dhcp4-server/options.ts';
import { type Effect, type Event, type State, initialState } from '../../../src/engine/dhcp4-server/state.ts';
import { stepServer } from '../../../src/engine/dhcp4-server/step.ts';
import { MESSAGE_TYPE, OP } from '../../../src/wire/dhcp4/constants.ts';
import type { Dhcp4Message } from '../../../src/wire/dhcp4/message.ts';
import type { Dhcp4Options } from '../../../src/wire/dhcp4/options.ts';

export const ip = parseIpv4;
export const SERVER = ip('192.168.77.1');

export const OPTIONS: Dhcp4ServerOptions = {
  server: parsePrefix4('192.168.77.1/24'),
  pool: { first: ip('192.168.77.1'), last: ip('192.168.77.100') },
  exclude: [],
  reservations: [],
  leaseTime: Hours(12),
  routers: [SERVER],
  dnsServers: [SERVER],
  timeServers: [SERVER],
  domain: 'office.example',
  custom: new Map(),
};

/** The Ethernet address of client number `n`. */
export function macOf(n: number): Mac {
  return macFromBytes(Uint8Array.of(2, 0, 0, n >>> 16, (n >>> 8) & 255, n & 255));
}

type Fields = Partial<Omit<Dhcp4Message, 'options'>>;

/** A message of client number `n`. */
export function from(
  n: number,
  type: keyof typeof MESSAGE_TYPE,
  options: Dhcp4Options = {},
  fields: Fields = {},
): Event {
  const message: Dhcp4Message = {
    op: OP.BOOTREQUEST,
    htype: 1,
    hops: 0,
    xid: n,
    secs: 0,
    broadcast: false,
    ciaddr: UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: UNSPECIFIED,
    chaddr: macBytes(macOf(n)),
    sname: new Uint8Array(0),
    file: new Uint8Array(0),
    ...fields,
    options: { messageType: MESSAGE_TYPE[type], ...options },
  };
  return { kind: 'message', message, via: macOf(n) };
}

export type Of<K extends Effect['kind']> = Effect & { readonly kind: K };

/** A server engine whose probes find nobody and whose journal works, unless a test answers itself. */
export class Bench {
  state: State;
  now = Instant(5_000_000);
  wall = Timestamp(Date.UTC(2026, 0, 15, 12));
  /** Addresses that answer a probe, with who answers if that shows. */
  readonly inUse = new Map<Ipv4, Mac | undefined>();
  answersProbes = true;
  records = true;
  failure: string | undefined;

  constructor(options: Partial<Dhcp4ServerOptions> = {}) {
    this.state = initialState({ ...OPTIONS, ...options });
  }

  /** One event and all that follows from it; the effects in order. */
  take(event: Event): Effect[] {
    const { state, effects } = stepServer(this.state, event, { now: this.now, wall: this.wall });
    this.state = state;
    const all = [...effects];
    for (const effect of effects) {
      if (effect.kind === 'probe' && this.answersProbes) {
        const { address, ignore } = effect;
        const by = this.inUse.get(address);
        const isHeard = by === undefined || (ignore !== 'all' && !ignore.has(by));
        const inUse = this.inUse.has(address) && isHeard;
        all.push(...this.take({ kind: 'probed', address, inUse, by }));
      }
      if (effect.kind === 'persist' && effect.commit !== undefined && this.records) {
        all.push(...this.take({ kind: 'persisted', commit: effect.commit, failure: this.failure }));
      }
    }
    return all;
  }

  pass(duration: Duration): Effect[] {
    this.now = after(this.now, duration);
    this.wall = after(this.wall, duration);
    return this.take({ kind: 'wake' });
  }

  /** The one message that `event` makes the server send, if any; one that goes several ways is told by the first. */
  answer(event: Event): Of<'send'> | undefined {
    const sent = this.take(event).filter((effect) => effect.kind === 'send');
    assert.ok(sent.every(({ message }) => message === sent[0]?.message));
    return sent[0];
  }

  /** DISCOVER and REQUEST of client `n`; the address it got. */
  lease(n: number, options: Dhcp4Options = {}): Ipv4 {
    const offer = this.answer(from(n, 'DISCOVER', options));
    assert.ok(offer, `client ${n} gets an offer`);
    const address = offer.message.yiaddr;
    const ack = this.answer(from(n, 'REQUEST', { ...options, requestedAddress: address, serverId: SERVER }));
    assert.equal(typeOf(ack), 'ACK');
    return address;
  }

  renew(n: number, ciaddr: Ipv4): Of<'send'> | undefined {
    return this.answer(from(n, 'REQUEST', {}, { ciaddr }));
  }

  /** What is someone's now, by address. */
  bound(): Map<Ipv4, string> {
    return new Map(this.#boundEntries().map((entry) => [entry.address, entry.who.mac]));
  }

  /** Under which name, by address. */
  names(): Map<Ipv4, string | undefined> {
    return new Map(this.#boundEntries().map(({ address, who }) => [address, nameOf(this.state.plan, who)]));
  }

  #boundEntries(): LeaseEntry[] {
    return [...this.state.table.values()].filter((entry) => entry.phase === 'bound');
  }
}

export function typeOf(sent: Of<'send'> | undefined): string | undefined {
  const code = sent?.message.options.messageType;
  return Object.entries(MESSAGE_TYPE).find(([, value]) => value === code)?.[0];
}

export function kinds(effects: readonly Effect[]): string[] {
  return effects.map((effect) => effect.kind).filter((kind) => kind !== 'wake');
}
