import type { Duration } from '../../base/duration.ts';
import { Instant, between } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';
import { FreeList } from './free-list.ts';
import { type LeaseEntry, isLease, isLive, isOffer } from './lease-entry.ts';
import { MAX_FORGOTTEN, MAX_LAPSED } from './limits.ts';

/** What the table has to know of the settings. */
export interface TablePlan {
  /** Whether the address is for whoever comes: in the pool, not excluded, not reserved. */
  isPooled(address: Ipv4): boolean;
  /** Whether the address can be given to anyone at all. */
  isGiven(address: Ipv4): boolean;
}

/**
 * Every address the server remembers, at most one for each client. All look-ups take constant time. A client is found
 * by its own entry, and by one that keeps its former lease in mind.
 */
export class LeaseTable {
  readonly #entries = new Map<Ipv4, LeaseEntry>();
  readonly #byClient = new Map<ClientKey, Ipv4>();
  /** The address of the last lease of a MAC address. */
  readonly #byMac = new Map<Mac, Ipv4>();
  /** Addresses of the pool that are free, the longest first: of clients that were here for long, for a moment, only offered, nobody's. */
  readonly #free = {
    known: new FreeList(),
    brief: new FreeList(),
    lapsed: new FreeList(),
    forgotten: new FreeList(),
  };
  #plan: TablePlan;
  #nextEnd = Instant(Infinity);
  #offers = 0;
  #probes = 0;
  #held = 0;
  #hasLostFree = false;

  constructor(plan: TablePlan) {
    this.#plan = plan;
  }

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

  /** Addresses of the pool that are someone's now. */
  get held(): number {
    return this.#held;
  }

  get(address: Ipv4): LeaseEntry | undefined {
    return this.#entries.get(address);
  }

  ofClient({ client }: { readonly client: ClientKey }): LeaseEntry | undefined {
    const entry = this.#at(this.#byClient.get(client));
    return entry?.who.client === client ? entry : undefined;
  }

  /** The offer to another client that keeps this client's former lease in mind. */
  offerOver({ client }: { readonly client: ClientKey }): LeaseEntry | undefined {
    const entry = this.#at(this.#byClient.get(client));
    return entry?.former?.who.client === client && entry.who.client !== client ? entry : undefined;
  }

  /** The last lease of the MAC address, whatever the client's identifier was. */
  ofMac({ mac }: { readonly mac: Mac }): LeaseEntry | undefined {
    const entry = this.#at(this.#byMac.get(mac));
    return entry !== undefined && isLease(entry) ? entry : undefined;
  }

  values(): IterableIterator<LeaseEntry> {
    return this.#entries.values();
  }

  /** Remembers `entry` in place of what was known of its address; the client's other address, if any, is forgotten. */
  set(entry: LeaseEntry): void {
    this.#replace(entry, false);
  }

  /** The lease that an offer took the place of comes back, and with an ended one its place in the line of free addresses. */
  restore(former: LeaseEntry): void {
    this.#replace(former, true);
  }

  /** Remembers nobody with the address any more; it is as good as a fresh one. */
  forget(address: Ipv4): void {
    const entry = this.#entries.get(address);
    if (entry !== undefined) this.#unlink(entry);
    this.#setFree(address);
  }

  /** Clients whose lease ended and who were here for long enough to be known, and not longer ago than `memory`. */
  absentKnown(now: Instant, memory: Duration): number {
    const { known, brief } = this.#free;
    for (let oldest = known.oldest; oldest !== undefined; oldest = known.oldest) {
      const entry = this.#entries.get(oldest);
      if (entry !== undefined && between(entry.until, now) < memory) break;
      known.delete(oldest);
      brief.add(oldest);
    }
    return known.size;
  }

  /** Free addresses without a fresh one: nobody's first, then those never taken, then of ended leases the oldest first, guests' before others'. */
  *reusable(): IterableIterator<Ipv4> {
    yield* this.#free.forgotten;
    yield* this.#free.lapsed;
    yield* this.#free.brief;
    yield* this.#free.known;
  }

  /** Whether there are addresses that are nobody's and in no list: a search from the start of the pool finds them. Asking clears it. */
  takeLostFree(): boolean {
    const lost = this.#hasLostFree;
    this.#hasLostFree = false;
    return lost;
  }

  /** Other settings: what is free and can be nobody's any more is forgotten. */
  follow(plan: TablePlan): void {
    const entries = [...this.#entries.values()];
    for (const entry of entries) this.#unlink(entry);
    this.#free.forgotten.clear();
    this.#plan = plan;
    for (const entry of entries.toSorted((a, b) => a.until - b.until)) {
      if (isLive(entry) || plan.isGiven(entry.address)) this.#link(entry, false);
    }
    this.#hasLostFree = false;
  }

  #at(address: Ipv4 | undefined): LeaseEntry | undefined {
    return address === undefined ? undefined : this.#entries.get(address);
  }

  #replace(entry: LeaseEntry, isAgain: boolean): void {
    for (const { who } of [entry, entry.former ?? entry]) this.#leave(who.client, entry.address);
    const before = this.#entries.get(entry.address);
    if (before !== undefined) this.#unlink(before);
    this.#link(entry, isAgain);
    if (this.#free.lapsed.size > MAX_LAPSED) this.#forgetOldestLapsed();
  }

  /** The client has or had another address than `kept`, which it leaves. */
  #leave(client: ClientKey, kept: Ipv4): void {
    const other = this.#at(this.#byClient.get(client));
    if (other === undefined || other.address === kept) return;
    if (other.who.client !== client) {
      // Only the memory of its former lease is there, under an offer to another client.
      this.#unlink(other);
      this.#link({ ...other, former: undefined }, false);
    } else if (other.former !== undefined && other.former.who.client !== client) {
      this.#unlink(other);
      this.#link(other.former, true);
    } else this.forget(other.address);
  }

  #forgetOldestLapsed(): void {
    const { oldest } = this.#free.lapsed;
    if (oldest !== undefined) this.forget(oldest);
  }

  #setFree(address: Ipv4): void {
    const { forgotten } = this.#free;
    if (!this.#plan.isPooled(address)) return;
    if (forgotten.size < MAX_FORGOTTEN) forgotten.add(address);
    else this.#hasLostFree = true;
  }

  #link(entry: LeaseEntry, isAgain: boolean): void {
    const { address, former } = entry;
    this.#entries.set(address, entry);
    for (const { who } of [entry, former ?? entry]) this.#byClient.set(who.client, address);
    for (const one of [entry, former ?? entry]) if (isLease(one)) this.#byMac.set(one.who.mac, address);
    this.#count(entry, 1);
    this.#free.forgotten.delete(address);
    if (isLive(entry)) this.#nextEnd = Instant(Math.min(this.#nextEnd, entry.until));
    else this.#line(entry, isAgain);
  }

  #line(entry: LeaseEntry, isAgain: boolean): void {
    if (!this.#plan.isPooled(entry.address)) return;
    const known = entry.isKnown === true ? this.#free.known : this.#free.brief;
    const list = entry.phase === 'past' ? known : this.#free.lapsed;
    if (isAgain) list.addBefore(entry.address);
    else list.add(entry.address);
  }

  #unlink(entry: LeaseEntry): void {
    const { address, former } = entry;
    this.#entries.delete(address);
    for (const { who } of [entry, former ?? entry]) {
      if (this.#byClient.get(who.client) === address) this.#byClient.delete(who.client);
      if (this.#byMac.get(who.mac) === address) this.#byMac.delete(who.mac);
    }
    this.#count(entry, -1);
    for (const list of Object.values(this.#free)) list.delete(address);
  }

  #count(entry: LeaseEntry, by: number): void {
    if (isOffer(entry)) this.#offers += by;
    if (entry.phase === 'probing') this.#probes += by;
    if (isLive(entry) && this.#plan.isPooled(entry.address)) this.#held += by;
  }
}
