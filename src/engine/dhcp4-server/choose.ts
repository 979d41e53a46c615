import type { Ipv4 } from '../../base/ipv4.ts';
import { type LeaseEntry, type Question, isLease, isLive } from './lease-entry.ts';
import { KNOWN_MEMORY, KNOWN_SHARE, MAX_ENTRIES } from './limits.ts';
import type { Identity } from './options.ts';
import type { Env, State } from './state.ts';

/** Whether the address can become this client's now: allowed, not in quarantine, and nobody else's. */
export function isAvailable(state: State, who: Identity, address: Ipv4): boolean {
  if (!state.plan.mayHold(who, address) || state.quarantine.has(address)) return false;
  const entry = state.table.get(address);
  if (entry === undefined || !isLive(entry) || entry.who.client === who.client) return true;
  // What is reserved for a device is for the boot loader and the system of it, whatever they call themselves.
  return (
    entry.commit === undefined && entry.who.mac === who.mac && state.plan.reservationAt(address) !== undefined
  );
}

/**
 * Whether the address can become a client's that was offered nothing. What another one had is not given away for the asking:
 * it may come back, and strangers that name addresses must not get what a flood of DISCOVERs does not get.
 */
export function mayTake(state: State, who: Identity, address: Ipv4): boolean {
  const entry = state.table.get(address);
  const isAnothers =
    entry !== undefined &&
    isLease(entry) &&
    entry.who.client !== who.client &&
    entry.who.mac !== who.mac &&
    state.plan.reservationOf(who)?.address !== address;
  return !isAnothers && isAvailable(state, who, address);
}

/** The client's reserved address, unless it is someone else's for now. */
function reservedAddress(state: State, who: Identity): Ipv4 | undefined {
  const reserved = state.plan.reservationOf(who)?.address;
  return reserved !== undefined && isAvailable(state, who, reserved) ? reserved : undefined;
}

/** Whether the client may go on with what it has. A reservation it could have instead says no, and so does the owner. */
export function mayKeep(state: State, entry: LeaseEntry): boolean {
  const reserved = reservedAddress(state, entry.who);
  return (
    entry.phase !== 'revoked' &&
    (reserved === undefined || reserved === entry.address) &&
    isAvailable(state, entry.who, entry.address)
  );
}

/** Whether the client is counted on: the owner has named it, or it has come back for its lease before. */
export function isKnown(state: State, who: Identity): boolean {
  const own = state.table.ofClient(who);
  return (
    own?.isKnown === true || own?.former?.isKnown === true || state.plan.reservationOf(who) !== undefined
  );
}

/** Whether there is an address for a client without one: all that are free, less those kept for known clients. */
export function isRoomFor(state: State, who: Identity, env: Env): boolean {
  if (isKnown(state, who)) return true;
  const { poolSize } = state.plan;
  const kept = Math.min(Math.floor(poolSize / KNOWN_SHARE), state.table.absentKnown(env.now, KNOWN_MEMORY));
  return poolSize - state.table.held > kept;
}

/** Whether there is memory for the address: it is remembered already, or there are not too many. */
export function mayRemember(state: State, address: Ipv4): boolean {
  return state.table.get(address) !== undefined || state.table.size < MAX_ENTRIES;
}

export interface Choice {
  readonly address: Ipv4 | undefined;
  /** See {@link State.nextFresh}. */
  readonly nextFresh: Ipv4;
  /** The address is leased to the same MAC address under another identifier: it is this client's only if nobody uses it. */
  readonly isTakenOver?: boolean;
}

/** The lease of the same MAC address: after a boot loader comes its system, which may call itself another client. */
function sameDevice(state: State, who: Identity): LeaseEntry | undefined {
  const entry = state.table.ofMac(who);
  if (entry === undefined || entry.who.client === who.client || entry.commit !== undefined) return undefined;
  return state.plan.mayHold(who, entry.address) && !state.quarantine.has(entry.address) ? entry : undefined;
}

/**
 * The address for a client (RFC 2131 §4.3.1): its reserved one, the one it has or had, the one its MAC address has under
 * another identifier, the one it asks for, one that was never used, the one that has been free for longest.
 */
export function chooseAddress(state: State, { who, message, isAnother }: Question, env: Env): Choice {
  const { nextFresh } = state;
  const own = state.table.ofClient(who)?.address;
  for (const address of [reservedAddress(state, who), own])
    if (address !== undefined && isAvailable(state, who, address)) return { address, nextFresh };
  const shared = isAnother === true ? undefined : sameDevice(state, who);
  if (shared !== undefined)
    return { address: shared.address, nextFresh, isTakenOver: shared.phase !== 'past' };
  return chooseOther(state, who, message.options.requestedAddress, env);
}

function chooseOther(state: State, who: Identity, wish: Ipv4 | undefined, env: Env): Choice {
  const { nextFresh } = state;
  if (!isRoomFor(state, who, env)) return { address: undefined, nextFresh };
  // What another client had is not given away for the asking: it may come back.
  const isNew = wish !== undefined && state.table.get(wish) === undefined && mayRemember(state, wish);
  const isFree = isNew && isAvailable(state, who, wish);
  if (isFree) return { address: wish, nextFresh };
  if (state.table.size < MAX_ENTRIES) {
    const fresh = firstFresh(state, who);
    if (fresh.address !== undefined) return fresh;
  }
  for (const old of state.table.reusable()) {
    if (isAvailable(state, who, old)) return { address: old, nextFresh };
  }
  if (!state.table.takeLostFree()) return { address: undefined, nextFresh };
  return firstFresh({ ...state, nextFresh: state.plan.pool.first }, who);
}

function firstFresh(state: State, who: Identity): Choice {
  let next = state.plan.nextPooled(state.nextFresh);
  for (; next !== undefined; next = state.plan.nextPooled((next + 1) as Ipv4)) {
    if (state.table.get(next) === undefined && isAvailable(state, who, next))
      return { address: next, nextFresh: next };
  }
  return { address: undefined, nextFresh: (state.plan.pool.last + 1) as Ipv4 };
}

/** Whether the address is one this server has a say in: given here to anyone, or remembered. */
export function isOurs(state: State, address: Ipv4): boolean {
  const entry = state.table.get(address);
  return state.plan.isGiven(address) || (entry !== undefined && isLease(entry));
}
