import { Instant, type Timestamp } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { LeaseBinding, RecordedLeases } from '../../port/lease-journal.ts';
import type { Dhcp4Message, EncodeLimits } from '../../wire/dhcp4/message.ts';
import type { Question } from './lease-entry.ts';
import { LeaseTable } from './lease-table.ts';
import type { Dhcp4ServerOptions } from './options.ts';
import { FULL_TRUST, type ProbeTrust } from './probe-trust.ts';
import { RateLimit } from './rate-limit.ts';
import { ServerPlan } from './server-plan.ts';

/** A lease as others see it. */
export interface Lease {
  readonly address: Ipv4;
  readonly mac: Mac;
  /** The name of its reservation, or what the device calls itself as a host label. */
  readonly name: string | undefined;
  /** When the client first had a lease. */
  readonly since: Timestamp;
}

/** A REQUEST whose lease is being recorded, and what the lease will be. */
export interface Commit {
  readonly question: Question;
  readonly address: Ipv4;
  readonly until: Instant;
}

/** Large tables are changed in place; the same state, event and env give the same result. */
export interface State {
  readonly plan: ServerPlan;
  readonly table: LeaseTable;
  /** Addresses that someone uses without a lease, not to be offered before the instant; the first is the oldest. */
  readonly quarantine: Map<Ipv4, Instant>;
  readonly commits: Map<number, Commit>;
  readonly nextCommit: number;
  /** The pool's addresses below were all given or offered once; the search for a fresh one begins here. */
  readonly nextFresh: Ipv4;
  /** The wake asked for last. */
  readonly wakeAt: Instant;
  readonly rate: RateLimit;
  /** Devices that answer ARP for addresses of others: what they say of an address means nothing. */
  readonly proxies: Set<Mac>;
  readonly trust: ProbeTrust;
  /** Warnings given, and when: each again after an hour at the earliest. */
  readonly warned: Map<string, Instant>;
}

export const NEVER = Instant(Infinity);

export function initialState(options: Dhcp4ServerOptions): State {
  const plan = new ServerPlan(options);
  return {
    plan,
    table: new LeaseTable(plan),
    quarantine: new Map(),
    commits: new Map(),
    nextCommit: 1,
    nextFresh: plan.pool.first,
    wakeAt: NEVER,
    rate: new RateLimit(),
    proxies: new Set(),
    trust: FULL_TRUST,
    warned: new Map(),
  };
}

export type Event =
  /** What the journal holds, once before everything else. */
  | { readonly kind: 'restore'; readonly recorded: RecordedLeases }
  /** A message to the server port, decoded but not checked; `via` is the sender of its frame. */
  | { readonly kind: 'message'; readonly message: Dhcp4Message; readonly via: Mac }
  /** The outcome of a probe; `by` is who answered, as far as that is known. */
  | {
      readonly kind: 'probed';
      readonly address: Ipv4;
      readonly inUse: boolean;
      readonly by?: Mac | undefined;
    }
  /** The answer to `persist`; `failure` says why the lease could not be recorded. */
  | { readonly kind: 'persisted'; readonly commit: number; readonly failure: string | undefined }
  /** The owner takes a lease back: the client is refused when it comes to renew it. */
  | { readonly kind: 'revoke'; readonly address: Ipv4 }
  | { readonly kind: 'reconfigure'; readonly options: Dhcp4ServerOptions }
  /** The civil clock was set: what is recorded has to follow it. */
  | { readonly kind: 'clockSet' }
  /** May come at any time, also too early. */
  | { readonly kind: 'wake' };

/** Where a message goes: the frame's and the datagram's destination. */
export interface Destination {
  readonly mac: Mac;
  readonly address: Ipv4;
  readonly port: number;
}

export type Effect =
  | {
      readonly kind: 'send';
      readonly to: Destination;
      readonly message: Dhcp4Message;
      readonly limits: EncodeLimits;
    }
  /** Finds out whether someone uses the address, whatever devices in `ignore` say by ARP; answered by `probed`. */
  | { readonly kind: 'probe'; readonly address: Ipv4; readonly ignore: ReadonlySet<Mac> | 'all' }
  /** Records a lease; answered by `persisted` unless `commit` is undefined. */
  | { readonly kind: 'persist'; readonly commit: number | undefined; readonly binding: LeaseBinding }
  | { readonly kind: 'persistEnd'; readonly address: Ipv4 }
  | { readonly kind: 'persistDecline'; readonly address: Ipv4; readonly until: Timestamp }
  /** A lease began, or its device or name changed. */
  | { readonly kind: 'began'; readonly lease: Lease }
  | { readonly kind: 'ended'; readonly address: Ipv4 }
  /** A client has taken the offer of another DHCP server on this LAN. */
  | { readonly kind: 'otherServer'; readonly address: Ipv4 }
  | { readonly kind: 'warn'; readonly text: string }
  /** Replaces any wake asked for before; {@link NEVER} for none. */
  | { readonly kind: 'wake'; readonly at: Instant };

export interface Env {
  readonly now: Instant;
  readonly wall: Timestamp;
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Nothing happens. */
export function ignore(state: State): Step {
  return { state, effects: [] };
}

/** One step after the other, as one. */
export function chain(first: Step, next: (state: State) => Step): Step {
  const second = next(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}
