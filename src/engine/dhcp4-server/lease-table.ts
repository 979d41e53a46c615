import { Instant, type Timestamp } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import type { Identity } from './options.ts';

/** A message to be answered, at once or later. */
export interface Question {
  readonly message: Dhcp4Message;
  readonly who: Identity;
  /** The sender of the frame: the client, or the router between. */
  readonly via: Mac;
  /** Addresses found in use on the way to an answer. */
  readonly misses?: number;
}

/**
 * `probing`: reserved for the client while it is checked that nobody uses the address. `offered`: waits for the
 * client's REQUEST. `bound`: given. `past`: was given and has ended; the client gets it again unless nothing else is
 * left for another. `lapsed`: was offered and never taken.
 */
export type LeasePhase = 'probing' | 'offered' | 'bound' | 'past' | 'lapsed';

/** What the server remembers of one address. Changed only by {@link LeaseTable}. */
export interface LeaseEntry {
  readonly address: Ipv4;
  readonly who: Identity;
  /** A host label. */
  readonly name: string | undefined;
  readonly phase: LeasePhase;
  /** When the phase ends; without meaning for `past` and `lapsed`. */
  readonly until: Instant;
  /** With `probing`: what to answer afterwards. */
  readonly question?: Question | undefined;
  /** The commit under way: the lease is being recorded, its ACK waits. */
  readonly commit?: number | undefined;
  /** With a lease read from the journal and not renewed since: its end on the civil clock, which may be wrong yet. */
  readonly recorded?: Timestamp | undefined;
}

/** Whether the address is someone's now. */
export function isLive(entry: LeaseEntry): boolean {
  return entry.phase === 'probing' || entry.phase === 'offered' || entry.phase === 'bound';
}

/** Every address the server remembers, at most one for each client. All look-ups take constant time. */
export class LeaseTable {
  readonly #entries = new Map<Ipv4, LeaseEntry>();
  readonly #byClient = new Map<string, Ipv4>();
  // By the order in which they became free: the first of each has been free for longest.
  readonly #free = { past: new Set<Ipv4>(), lapsed: new Set<Ipv4>(), forgotten: new Set<Ipv4>() };
  #nextEnd = Instant(Infinity);
  #offers = 0;
  #probes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** No live entry's phase ends before; exact after {@link findNextEnd}. */
  get nextEnd(): Instant {
    return this.#nextEnd;
  }

  findNextEnd(): void {
    let next = Infinity;
    for (const entry of this.#entries.values()) if (isLive(entry)) next = Math.min(next, entry.until);
    this.#nextEnd = Instant(next);
  }

  /** Addresses being probed or offered. */
  get offers(): number {
    return this.#offers;
  }

  get probes(): number {
    return this.#probes;
  }

  get(address: Ipv4): LeaseEntry | undefined {
    return this.#entries.get(address);
  }

  ofClient(who: Identity): LeaseEntry | undefined {
    const address = this.#byClient.get(who.client);
    return address === undefined ? undefined : this.#entries.get(address);
  }

  values(): IterableIterator<LeaseEntry> {
    return this.#entries.values();
  }

  /** Remembers `entry` in place of what was known of its address; the client's other address, if any, is forgotten. */
  set(entry: LeaseEntry): void {
    const other = this.#byClient.get(entry.who.client);
    if (other !== undefined && other !== entry.address) this.forget(other);
    this.forget(entry.address);
    this.#free.forgotten.delete(entry.address);
    this.#entries.set(entry.address, entry);
    this.#byClient.set(entry.who.client, entry.address);
    this.#count(entry, 1);
    if (isLive(entry)) this.#nextEnd = Instant(Math.min(this.#nextEnd, entry.until));
    if (entry.phase === 'past' || entry.phase === 'lapsed') this.#free[entry.phase].add(entry.address);
  }

  /** Remembers nobody with the address any more; it is as good as a fresh one. */
  forget(address: Ipv4): void {
    this.#free.forgotten.add(address);
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    this.#entries.delete(address);
    this.#byClient.delete(entry.who.client);
    this.#count(entry, -1);
    this.#free.past.delete(address);
    this.#free.lapsed.delete(address);
  }

  /** Addresses free for reuse: nobody's first, then those never taken, then those of past leases, the oldest first. */
  *reusable(): IterableIterator<Ipv4> {
    yield* this.#free.forgotten;
    yield* this.#free.lapsed;
    yield* this.#free.past;
  }

  #count(entry: LeaseEntry, by: number): void {
    if (entry.phase === 'probing' || entry.phase === 'offered') this.#offers += by;
    if (entry.phase === 'probing') this.#probes += by;
  }
}
