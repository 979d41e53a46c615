import { Instant } from '../../base/instant.ts';
import type { Mac } from '../../base/mac.ts';
import { deadline } from './lease-time.ts';
import { DOUBT_TIME, MAX_MISSES_IN_ROW } from './limits.ts';
import type { Effect, Env, State } from './state.ts';
import { warn } from './warn.ts';

/** What is believed of answers to probes: all, pings alone, or nothing. */
export type Trust = 'all' | 'pings' | 'none';

/** How far probes are believed, and what speaks against them. */
export interface ProbeTrust {
  /** Addresses found in use one after the other. */
  readonly misses: number;
  readonly lowered: Trust;
  /** When all is believed again. */
  readonly until: Instant;
}

export const FULL_TRUST: ProbeTrust = { misses: 0, lowered: 'all', until: Instant(-Infinity) };

export function trustOf({ trust }: State, { now }: Env): Trust {
  return trust.until > now ? trust.lowered : 'all';
}

/** An address that nobody uses: whoever answers for some does not answer for all. */
export function noteUnused(state: State): State {
  return state.trust.misses === 0 ? state : { ...state, trust: { ...state.trust, misses: 0 } };
}

/**
 * A device that answers for every address, under another MAC address each time, cannot be told from a LAN full of
 * devices but by the count. Then it is better to offer an address that was checked less than to offer none: clients check it
 * once more themselves (RFC 2131 section 4.4.1), and decline it.
 */
export function noteUsed(
  state: State,
  by: Mac | undefined,
  env: Env,
): { readonly state: State; readonly isLowered: boolean; readonly effects: readonly Effect[] } {
  const misses = state.trust.misses + 1;
  if (misses < MAX_MISSES_IN_ROW)
    return { state: { ...state, trust: { ...state.trust, misses } }, isLowered: false, effects: [] };
  const lowered = trustOf(state, env) === 'all' ? 'pings' : 'none';
  const trust = { misses: 0, lowered, until: deadline(env.now, DOUBT_TIME) } as const;
  const who = by === undefined ? '' : `, the last by ${by}`;
  const remedy = lowered === 'pings' ? 'addresses are checked by ping alone' : 'addresses are not checked';
  const text = `${MAX_MISSES_IN_ROW} addresses of the LAN in a row were answered for${who}: a device there seems to answer for all of them (proxy ARP); for an hour ${remedy} before they are offered`;
  return { state: { ...state, trust }, isLowered: true, effects: warn(state, text, env) };
}
