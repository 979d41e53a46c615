import { type Duration, Seconds } from '../../base/duration.ts';
import { after, type Instant } from '../../base/instant.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import { type Binding, isSameBinding } from './binding.ts';
import { PROBES, waitAfterProbe } from './conflict.ts';
import { scheduleRound } from './rounds.ts';
import type { Effect, Env, Grant, Lease, Phase, State, Step } from './state.ts';

/** ANNOUNCE_NUM and ANNOUNCE_INTERVAL of RFC 5227 section 1.1. */
export const ANNOUNCEMENTS = 2;
export const ANNOUNCE_INTERVAL: Duration = Seconds(2);

type Checking = Phase & { readonly kind: 'checking' };

const addressOf = (lease: Lease) => lease.binding.address.address;

/** Uses a lease without checking its address: one in use that was renewed. */
export function useLease(state: State, grant: Grant): Step {
  const used = configure(state, grant);
  return { ...used, state: { ...used.state, phase: { kind: 'bound', lease: grant.lease } } };
}

/** Checks the address of a lease and then uses it; one that is configured already stays so meanwhile. */
export function checkLease(state: State, grant: Grant, env: Env): Step {
  const before = state.phase.lease;
  const inUse = before !== undefined && addressOf(before) === addressOf(grant.lease);
  const used: Step = inUse ? configure(state, grant) : { state, effects: [] };
  const phase: Checking = {
    kind: 'checking',
    lease: inUse ? grant.lease : before,
    grant,
    probes: 0,
    nextProbe: env.now,
  };
  const probed = probe(used.state, phase, env);
  return { state: probed.state, effects: [...used.effects, ...probed.effects] };
}

/** The next probe, or the end of a check in which nobody has claimed the address. */
export function continueCheck(state: State, phase: Checking, env: Env): Step {
  if (phase.probes < PROBES) return probe(state, phase, env);
  const { grant } = phase;
  // So short a lease, so long a stop of the machine: it is over already.
  if (grant.lease.expiresAt <= env.now)
    return scheduleRound(state, { lease: phase.lease, reboot: false }, env);
  const used: Step = phase.lease === grant.lease ? { state, effects: [] } : configure(state, grant);
  const bound: State = { ...used.state, phase: { kind: 'bound', lease: grant.lease } };
  const announced = announce({ ...bound, announcements: ANNOUNCEMENTS }, env);
  return { state: announced.state, effects: [...used.effects, ...announced.effects] };
}

function probe(state: State, phase: Checking, env: Env): Step {
  const checking: Checking = { ...phase, probes: phase.probes + 1, nextProbe: waitAfterProbe(env) };
  const address = addressOf(phase.grant.lease);
  return {
    state: { ...state, phase: checking },
    effects: [{ kind: 'arp', purpose: 'probe', address }],
  };
}

/** When the next announcement is due; none for an address that is not in use or not on a link. */
export function nextAnnouncement({ phase, announcements, announceAt }: State): Instant | undefined {
  const canSend = phase.kind === 'bound' || phase.kind === 'renewing' || phase.kind === 'rebinding';
  return canSend && announcements > 0 ? announceAt : undefined;
}

/** RFC 5227 section 2.3: others that have an old entry for the address learn who has it now. */
export function announce(state: State, env: Env): Step {
  const { lease } = state.phase;
  if (lease === undefined) return { state, effects: [] };
  const next = { announcements: state.announcements - 1, announceAt: after(env.now, ANNOUNCE_INTERVAL) };
  return {
    state: { ...state, ...next },
    effects: [{ kind: 'arp', purpose: 'announce', address: addressOf(lease) }],
  };
}

/** What configuring a lease changes, whatever phase follows. */
function configure(state: State, { lease, origin, took }: Grant): Step {
  const { binding } = lease;
  const effects: Effect[] = [...reportChange(state.phase.lease, binding)];
  if (state.remembered === undefined || !isSameBinding(state.remembered, binding)) {
    effects.push({ kind: 'saveLease', binding });
  }
  effects.push({ kind: 'configure', lease, origin, took });
  return { state: { ...state, remembered: binding, setbacks: 0, trouble: undefined }, effects };
}

function reportChange(before: Lease | undefined, binding: Binding): Effect[] {
  if (before === undefined || addressOf(before) === binding.address.address) return [];
  const [from, to] = [formatPrefix4(before.binding.address), formatPrefix4(binding.address)];
  return [{ kind: 'report', text: `The provider changed the address from ${from} to ${to}` }];
}
