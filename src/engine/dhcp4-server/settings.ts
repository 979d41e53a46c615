import type { RecordedLeases } from '../../port/lease-journal.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';
import { bindingOf } from './commit.ts';
import type { LeaseEntry } from './lease-table.ts';
import { restoredEnd } from './lease-time.ts';
import { type Dhcp4ServerOptions, ServerPlan } from './options.ts';
import type { Effect, Env, State, Step } from './state.ts';

/** Takes over what the journal holds: leases that run, addresses to keep in mind for those that had them, quarantine. */
export function restore(state: State, recorded: RecordedLeases, env: Env): Step {
  const effects: Effect[] = [];
  // A client with several records (it was moved) has the one that ends last; earlier ones are replaced by it.
  for (const { address, client, mac, hostName, expires } of recorded.bindings.toSorted(
    (a, b) => a.expires - b.expires,
  )) {
    const until = restoredEnd(expires, env);
    const phase = until > env.now ? 'bound' : 'past';
    const who = { client: client as ClientKey, mac };
    state.table.set({ address, who, name: hostName, until, phase, recorded: expires });
  }
  for (const entry of state.table.values()) {
    if (entry.phase !== 'bound') continue;
    effects.push({ kind: 'began', lease: { address: entry.address, mac: entry.who.mac, name: entry.name } });
  }
  for (const { address, until } of recorded.declined) {
    const end = restoredEnd(until, env);
    if (end > env.now) state.quarantine.set(address, end);
  }
  return { state, effects };
}

/**
 * Other settings, the same leases. What no longer fits (an address outside the pool, or reserved for another) runs on
 * until its client renews it and is refused.
 */
export function reconfigure(state: State, options: Dhcp4ServerOptions): Step {
  return { state: { ...state, plan: new ServerPlan(options), nextFresh: options.pool.first }, effects: [] };
}

/** Leases read from the journal end when they were recorded to end, by the clock that is right now; all are recorded by it. */
export function followClock(state: State, env: Env): Step {
  const effects: Effect[] = [];
  const bound = [...state.table.values()].filter((entry) => entry.phase === 'bound');
  for (const entry of bound) {
    const moved: LeaseEntry =
      entry.recorded === undefined
        ? entry
        : { ...entry, until: restoredEnd(entry.recorded, env), recorded: undefined };
    state.table.set(moved);
    if (moved.until > env.now)
      effects.push({ kind: 'persist', commit: undefined, binding: bindingOf(moved, env) });
  }
  return { state, effects };
}
