import type { Instant, Timestamp } from '../../base/instant.ts';
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
  /** Who answered for the addresses found in use on the way to an answer; undefined by a ping alone. */
  readonly answeredBy?: readonly (Mac | undefined)[];
  /** The lease of another identifier with the same MAC address is in use: it is another client's. */
  readonly isAnother?: boolean;
}

/**
 * `probing`: kept for the client while it is checked that nobody uses the address. `offered`: waits for the client's
 * REQUEST. `bound`: given. `revoked`: taken back or refused; nobody's, because its client may not have heard of that.
 * `past`: was given and has ended; the client gets it again unless nothing else is left for another. `lapsed`: was
 * offered and never taken.
 */
export type LeasePhase = 'probing' | 'offered' | 'bound' | 'revoked' | 'past' | 'lapsed';

/** What the server remembers of one address. Changed only by the lease table. */
export interface LeaseEntry {
  readonly address: Ipv4;
  readonly who: Identity;
  readonly phase: LeasePhase;
  /** When the phase ends, or with `past` and `lapsed` when it began. */
  readonly until: Instant;
  /** When the client first had a lease, on the civil clock; undefined before the first. */
  readonly since?: Timestamp | undefined;
  /** The client has come back for its lease some time after it began: it is no guest of a moment. */
  readonly isKnown?: boolean | undefined;
  /** What the client says it is (option 60), for show. */
  readonly vendor?: string | undefined;
  /** With `probing`: what to answer afterwards. */
  readonly question?: Question | undefined;
  /** The commit under way: the lease is being recorded, its ACK waits. */
  readonly commit?: number | undefined;
  /** With a lease read from the journal and not renewed since: its end on the civil clock, which may be wrong yet. */
  readonly recorded?: Timestamp | undefined;
  /**
   * With `probing` and `offered`: the lease the address had before, ended or of the same device under another
   * identifier. It comes back if the offer is not taken, so that offers alone cost nobody an address.
   */
  readonly former?: LeaseEntry | undefined;
}

/** Whether the address is someone's now. */
export function isLive({ phase }: LeaseEntry): boolean {
  return phase !== 'past' && phase !== 'lapsed';
}

/** Whether the address is or was given, and not only offered. */
export function isLease({ phase }: LeaseEntry): boolean {
  return phase === 'bound' || phase === 'revoked' || phase === 'past';
}

/** An offer, or on the way to one. */
export function isOffer({ phase }: LeaseEntry): boolean {
  return phase === 'probing' || phase === 'offered';
}

/** What an offer of the address to `who` must keep in mind of what it was before. */
export function formerOf(before: LeaseEntry | undefined, who: Identity): LeaseEntry | undefined {
  if (before === undefined) return undefined;
  const isOwnRunning = before.phase === 'bound' && before.who.client === who.client;
  return isLease(before) && !isOwnRunning ? before : before.former;
}
