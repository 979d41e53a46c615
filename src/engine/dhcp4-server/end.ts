import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts';
import type { LeaseEntry } from './lease-table.ts';
import { MAX_QUARANTINE, QUARANTINE_TIME } from './limits.ts';
import { deadline } from './lease-time.ts';
import type { Effect, Env, State } from './state.ts';

/**
 * Ends what the client has; its address is kept in mind for it. A lease that ran out needs no record: the journal
 * knows its end.
 */
export function retire(state: State, entry: LeaseEntry, ranOut: boolean): readonly Effect[] {
  const { address, who, name, until } = entry;
  const wasBound = entry.phase === 'bound';
  state.table.set({ address, who, name, until, phase: wasBound ? 'past' : 'lapsed' });
  if (!wasBound) return [];
  const ended: Effect = { kind: 'ended', address };
  return ranOut ? [ended] : [{ kind: 'persistEnd', address }, ended];
}

/** Keeps the address from being offered for a while: someone uses it without a lease. */
export function quarantine(state: State, address: Ipv4, env: Env): void {
  const [oldest] = state.quarantine.keys();
  if (state.quarantine.size >= MAX_QUARANTINE && oldest !== undefined) {
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
