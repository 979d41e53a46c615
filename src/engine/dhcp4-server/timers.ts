import { Instant } from '../../base/instant.ts';
import { retire } from './end.ts';
import { isLive } from './lease-entry.ts';
import type { Effect, Env, State, Step } from './state.ts';

/** Wakes are at least this far apart, in milliseconds: ends are rounded to it, and a late journal is asked again after it. */
const STEP = 1000;

/** Ends every phase that is over, if the time of one has come. */
export function expire(state: State, env: Env): Step {
  if (env.now < state.wakeAt) return { state, effects: [] };
  const effects: Effect[] = [];
  for (const [address, until] of state.quarantine) {
    if (until > env.now) continue;
    state.quarantine.delete(address);
    state.table.forget(address);
  }
  const over = [...state.table.values()].filter((entry) => isLive(entry) && entry.until <= env.now);
  for (const entry of over) if (entry.commit === undefined) effects.push(...retire(state, entry, true, env));
  state.table.findNextEnd();
  return { state, effects };
}

/** When to look for the end of a phase next. */
export function nextEnd(state: State, now: Instant): Instant {
  let next: number = state.table.nextEnd;
  for (const until of state.quarantine.values()) next = Math.min(next, until);
  return Instant(Math.max(next, Math.ceil((now + 1) / STEP) * STEP));
}
