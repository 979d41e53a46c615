import { Milliseconds } from '../../base/duration.ts';
import { unreachable } from '../../base/errors.ts';
import { takeMessage } from './answers.ts';
import { takeArp } from './conflict.ts';
import { release } from './request.ts';
import { scheduleRound } from './rounds.ts';
import { type Effect, type Env, type Event, INITIAL, type Lease, type State, type Step } from './state.ts';
import { deadlineOf, expire, takeDeadline } from './timers.ts';
import { adoptedLease } from './timing.ts';

/**
 * The DHCP client of RFC 2131 section 4.4 (figure 5): discovers or re-requests an address, keeps it renewed, and gives it
 * up the moment it stops being ours, not before. Effects hold at most one wake, the last of them.
 */
export function stepClient(state: State, event: Event, env: Env): Step {
  const expired = expire(state, env);
  const next = handle(expired.state, event, env);
  const deadline = deadlineOf(next.state);
  const wake: Effect[] = deadline === undefined ? [] : [{ kind: 'wake', at: deadline }];
  return { state: next.state, effects: [...expired.effects, ...next.effects, ...wake] };
}

function handle(state: State, event: Event, env: Env): Step {
  switch (event.kind) {
    case 'start':
      return state.phase.kind === 'stopped' ? start(state, event, env) : { state, effects: [] };
    case 'link':
      return event.up ? linkUp(state, env) : linkDown(state);
    case 'message':
      return takeMessage(state, event, env);
    case 'arp':
      return takeArp(state, event, env);
    case 'wake':
      return takeDeadline(state, env);
    case 'stop':
      return stop(state, event.release, env);
    default:
      return unreachable(event);
  }
}

function start(state: State, event: Event & { kind: 'start' }, env: Env): Step {
  const remembered = event.saved;
  const lease: Lease | undefined =
    event.adopt && remembered !== undefined ? adoptedLease(remembered, env.now, event.remaining) : undefined;
  const adopted: Effect[] =
    lease === undefined ? [] : [{ kind: 'configure', lease, origin: 'adopted', took: Milliseconds(0) }];
  const started: State = { ...state, remembered, phase: { kind: 'linkDown', lease } };
  const next = event.linkUp ? linkUp(started, env) : { state: started, effects: [] };
  return { state: next.state, effects: [...adopted, ...next.effects] };
}

/** The network behind a link that comes up may be another one: the address is verified (RFC 2131 section 3.7). */
function linkUp(state: State, env: Env): Step {
  const { phase } = state;
  if (phase.kind !== 'linkDown') return { state, effects: [] };
  return scheduleRound(state, { lease: phase.lease, reboot: true }, env);
}

/** Connections survive a pulled cable: the address stays as long as the lease does. */
function linkDown(state: State): Step {
  const { phase } = state;
  if (phase.kind === 'stopped' || phase.kind === 'linkDown') return { state, effects: [] };
  return { state: { ...state, phase: { kind: 'linkDown', lease: phase.lease } }, effects: [] };
}

function stop(state: State, wantsRelease: boolean, env: Env): Step {
  const { lease, kind } = state.phase;
  const effects: Effect[] = [];
  if (wantsRelease && lease !== undefined) {
    const { server, address } = lease.binding;
    const source = address.address;
    const message = release(env.options, env.random(0x1_0000_0000), { ciaddr: source, server });
    if (kind !== 'linkDown') effects.push({ kind: 'unicast', message, source, server });
    effects.push({ kind: 'unconfigure', reason: 'released' });
  }
  if (wantsRelease && state.remembered !== undefined) effects.push({ kind: 'forgetLease' });
  return { state: INITIAL, effects };
}
