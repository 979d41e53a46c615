import type { Ipv4 } from '../../base/ipv4.ts';
import { type LeaseEntry, isLive } from './lease-table.ts';
import { MAX_ENTRIES } from './limits.ts';
import type { Identity } from './options.ts';
import type { State } from './state.ts';

/** Whether the address can become this client's now: allowed, not in quarantine, and nobody else's. */
export function isAvailable(state: State, who: Identity, address: Ipv4): boolean {
  if (!state.plan.mayHold(who, address) || state.quarantine.has(address)) return false;
  const entry = state.table.get(address);
  return entry === undefined || !isLive(entry) || entry.who.client === who.client;
}

/** The client's reserved address, unless it is someone else's for now. */
export function reservedAddress(state: State, who: Identity): Ipv4 | undefined {
  const reserved = state.plan.reservationOf(who)?.address;
  return reserved !== undefined && isAvailable(state, who, reserved) ? reserved : undefined;
}

/** Whether the client may go on with what it has. A reservation it could have instead says no. */
export function mayKeep(state: State, entry: LeaseEntry): boolean {
  const reserved = reservedAddress(state, entry.who);
  return (
    (reserved === undefined || reserved === entry.address) && isAvailable(state, entry.who, entry.address)
  );
}

export interface Choice {
  readonly address: Ipv4 | undefined;
  /** See {@link State.nextFresh}. */
  readonly nextFresh: Ipv4;
}

/**
 * The address for a client (RFC 2131 §4.3.1): its reserved one, the one it has or had, the one it asks for, one that
 * was never used, the one that has been free for longest.
 */
export function chooseAddress(state: State, who: Identity, requested: Ipv4 | undefined): Choice {
  const own = state.table.ofClient(who)?.address;
  // What another client had is not given away for the asking: it may come back.
  const wish = requested !== undefined && state.table.get(requested) === undefined ? requested : undefined;
  const preferred = [reservedAddress(state, who), own, wish];
  const address = preferred.find((one) => one !== undefined && isAvailable(state, who, one));
  if (address !== undefined) return { address, nextFresh: state.nextFresh };
  if (state.table.size < MAX_ENTRIES) {
    const fresh = firstFresh(state, who);
    if (fresh.address !== undefined) return fresh;
  }
  for (const old of state.table.reusable()) {
    if (isAvailable(state, who, old)) return { address: old, nextFresh: state.nextFresh };
  }
  return { address: undefined, nextFresh: state.nextFresh };
}

function firstFresh(state: State, who: Identity): Choice {
  const { last } = state.plan.options.pool;
  let next: number = state.nextFresh;
  for (; next <= last; next++) {
    const address = next as Ipv4;
    if (state.table.get(address) === undefined && isAvailable(state, who, address))
      return { address, nextFresh: address };
  }
  return { address: undefined, nextFresh: next as Ipv4 };
}
