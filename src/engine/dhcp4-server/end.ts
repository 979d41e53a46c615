import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts';
import { type LeaseEntry, isOffer } from './lease-entry.ts';
import { civilEnd, deadline } from './lease-time.ts';
import { MAX_QUARANTINE, QUARANTINE_SHARE, QUARANTINE_TIME } from './limits.ts';
import type { Effect, Env, State } from './state.ts';

/**
 * Ends what the client has; its address is kept in mind for it. A lease that ran out needs no record: the journal
 * knows its end.
 */
export function retire(state: State, entry: LeaseEntry, ranOut: boolean, env: Env): readonly Effect[] {
  const { address, phase } = entry;
  if (isOffer(entry)) {
    if (entry.former !== undefined) state.table.restore(entry.former);
    else state.table.set({ ...leaseless(entry), phase: 'lapsed', until: env.now });
    return [];
  }
  state.table.set({ ...leaseless(entry), phase: 'past', until: env.now });
  const ended: readonly Effect[] = phase === 'bound' ? [{ kind: 'ended', address }] : [];
  return ranOut ? ended : [{ kind: 'persistEnd', address }, ...ended];
}

function leaseless({
  address,
  who,
  since,
  isKnown,
  vendor,
}: LeaseEntry): Omit<LeaseEntry, 'phase' | 'until'> {
  return { address, who, since, isKnown, vendor };
}

/**
 * Takes a lease back. The address is nobody's until its client has shown that it heard of it, or the lease would have ended;
 * it is recorded as one that a stranger uses, which is the same over a restart.
 */
export function revoke(state: State, address: Ipv4, env: Env): readonly Effect[] {
  const entry = state.table.get(address);
  const lease = entry?.phase === 'bound' ? entry : entry?.former;
  if (lease?.phase !== 'bound') return [];
  state.table.set({ ...leaseless(lease), phase: 'revoked', until: lease.until });
  return [
    { kind: 'persistDecline', address, until: civilEnd(lease.until, env) },
    { kind: 'ended', address },
  ];
}

/** Keeps the address from being offered for a while: someone uses it without a lease. */
export function quarantine(state: State, address: Ipv4, env: Env): void {
  const [oldest] = state.quarantine.keys();
  const most = Math.max(1, Math.min(MAX_QUARANTINE, Math.floor(state.plan.poolSize / QUARANTINE_SHARE)));
  if (state.quarantine.size >= most && oldest !== undefined) {
    state.quarantine.delete(oldest);
    state.table.forget(oldest);
  }
  state.table.forget(address);
  state.quarantine.delete(address);
  state.quarantine.set(address, deadline(env.now, QUARANTINE_TIME));
}

export function inUseText(address: Ipv4, how: string): string {
  return `The address ${formatIpv4(address)} is used by a device that did not get it here (${how}); it is left alone for a while`;
}
