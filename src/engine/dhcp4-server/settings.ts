import type { LeaseBinding, RecordedLeases } from '../../port/lease-journal.ts';
import type { ClientKey } from '../../wire/dhcp4/client-key.ts';
import { EARLIEST_TIME, between } from '../../base/instant.ts';
import { bindingOf, leaseOf } from './commit.ts';
import { nameOf } from './identity.ts';
import type { LeaseEntry } from './lease-entry.ts';
import { restoredEnd } from './lease-time.ts';
import { KNOWN_AFTER, MAX_ENTRIES } from './limits.ts';
import type { Dhcp4ServerOptions } from './options.ts';
import { ServerPlan } from './server-plan.ts';
import type { Effect, Env, State, Step } from './state.ts';

function restored(binding: LeaseBinding, options: Dhcp4ServerOptions, env: Env): LeaseEntry {
  const { address, client, mac, hostName, expires, since = env.wall } = binding;
  const until = restoredEnd(expires, options, env);
  const who = { client: client as ClientKey, mac, label: hostName };
  const isKnown = between(since, env.wall) >= KNOWN_AFTER;
  return {
    address,
    who,
    since,
    isKnown,
    until,
    phase: until > env.now ? 'bound' : 'past',
    recorded: expires,
  };
}

function boundEntries(state: State): LeaseEntry[] {
  return [...state.table.values()].filter((entry) => entry.phase === 'bound');
}

/** Takes over what the journal holds: leases that run, addresses to keep in mind for those that had them, quarantine. */
export function restore(state: State, recorded: RecordedLeases, env: Env): Step {
  const { options } = state.plan;
  // A client with several records (it was moved) has the one that ends last; earlier ones are replaced by it.
  const inOrder = recorded.bindings.toSorted((a, b) => a.expires - b.expires);
  for (const binding of inOrder.slice(-MAX_ENTRIES)) state.table.set(restored(binding, options, env));
  // The first to have had a name is told first, and keeps it.
  const leases = boundEntries(state)
    .map((entry) => leaseOf(state, entry, env))
    .toSorted((a, b) => a.since - b.since);
  for (const { address, until } of recorded.declined) {
    const end = restoredEnd(until, options, env);
    if (end > env.now) state.quarantine.set(address, end);
  }
  return { state, effects: leases.map((lease) => ({ kind: 'began', lease })) };
}

/**
 * Other settings, the same leases. What no longer fits (an address outside the pool, or reserved for another) runs on
 * until its client renews it and is refused; a name given with a reservation holds at once.
 */
export function reconfigure(state: State, options: Dhcp4ServerOptions, env: Env): Step {
  const plan = new ServerPlan(options);
  const before = state.plan;
  state.table.follow(plan);
  const next = { ...state, plan, nextFresh: plan.pool.first };
  const renamed = boundEntries(next).filter(({ who }) => nameOf(before, who) !== nameOf(plan, who));
  return {
    state: next,
    effects: renamed.map((entry) => ({ kind: 'began', lease: leaseOf(next, entry, env) })),
  };
}

/** Leases read from the journal end when they were recorded to end, by the clock that is right now; all are recorded by it. */
export function followClock(state: State, env: Env): Step {
  const effects: Effect[] = [];
  for (const entry of boundEntries(state)) {
    const since = (entry.since ?? 0) < EARLIEST_TIME ? env.wall : entry.since;
    const moved: LeaseEntry =
      entry.recorded === undefined
        ? { ...entry, since }
        : {
            ...entry,
            since,
            until: restoredEnd(entry.recorded, state.plan.options, env),
            recorded: undefined,
          };
    state.table.set(moved);
    if (moved.until > env.now)
      effects.push({ kind: 'persist', commit: undefined, binding: bindingOf(moved, env) });
  }
  return { state, effects };
}
