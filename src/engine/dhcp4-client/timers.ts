import { after, type Instant } from '../../base/instant.ts';
import { formatIpv4 } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import { requestOffered } from './answers.ts';
import { announce, continueCheck, nextAnnouncement } from './grant.ts';
import { request } from './request.ts';
import {
  beginExchange,
  beginRound,
  repeatExchange,
  scheduleRound,
  sendDiscover,
  sendReboot,
} from './rounds.ts';
import type { Effect, Env, Exchange, Lease, Phase, State, Step } from './state.ts';
import { renewalWait } from './timing.ts';

/** RFC 2131 section 3.1 (5): a REQUEST is sent four times in about a minute, then the client begins anew. */
const REQUEST_TRIES = 4;
/** INIT-REBOOT is tried less: a server that does not know the client stays silent (section 4.3.2). */
const REBOOT_TRIES = 2;
/** So many DISCOVERs that nobody has answered, about a minute. */
const FORGET_TROUBLE_AFTER = 3;

/** The next time something is due without any event; undefined if nothing ever is. */
export function deadlineOf(state: State): Instant | undefined {
  const { phase } = state;
  const due = Math.min(
    phase.lease?.expiresAt ?? Infinity,
    ownDeadline(phase),
    nextAnnouncement(state) ?? Infinity,
  );
  return due === Infinity ? undefined : (due as Instant);
}

function ownDeadline(phase: Phase): number {
  switch (phase.kind) {
    case 'stopped':
    case 'linkDown':
      return Infinity;
    case 'init':
      return phase.until;
    case 'checking':
      return phase.nextProbe;
    case 'bound':
      return phase.lease.renewAt;
    case 'renewing':
      return Math.min(phase.exchange.nextSend, phase.lease.rebindAt);
    default:
      return phase.exchange.nextSend;
  }
}

/** A lease whose time is over is given up whatever else goes on; RFC 2131 section 4.4.5: "MUST immediately stop". */
export function expire(state: State, env: Env): Step {
  const { phase } = state;
  if (phase.kind === 'stopped' || phase.lease === undefined || env.now < phase.lease.expiresAt) {
    return { state, effects: [] };
  }
  const address = formatPrefix4(phase.lease.binding.address);
  const effects: Effect[] = [
    { kind: 'report', text: `The lease of ${address} has run out without an answer from a server` },
    { kind: 'unconfigure', reason: 'expired' },
  ];
  if (phase.kind === 'bound' || phase.kind === 'renewing' || phase.kind === 'rebinding') {
    const next = scheduleRound(state, { lease: undefined, reboot: false }, env);
    return { state: next.state, effects: [...effects, ...next.effects] };
  }
  return { state: { ...state, phase: { ...phase, lease: undefined } }, effects };
}

/** Does what is due now. */
export function takeDeadline(state: State, env: Env): Step {
  const due = nextAnnouncement(state);
  if (due === undefined || env.now < due) return takePhaseDeadline(state, env);
  const announced = announce(state, env);
  const next = takePhaseDeadline(announced.state, env);
  return { state: next.state, effects: [...announced.effects, ...next.effects] };
}

function takePhaseDeadline(state: State, env: Env): Step {
  const { phase } = state;
  if (env.now < ownDeadline(phase)) return { state, effects: [] };
  switch (phase.kind) {
    case 'stopped':
    case 'linkDown':
      return { state, effects: [] };
    case 'init':
      return beginRound(state, phase, env);
    case 'selecting':
      return repeatDiscover(state, phase, env);
    case 'requesting':
      return repeatRequest(state, phase, env);
    case 'rebooting':
      return repeatReboot(state, phase, env);
    case 'checking':
      return continueCheck(state, phase, env);
    default:
      return renew(state, phase.lease, env);
  }
}

/** What a server said some questions ago is not why there is no address now. */
function repeatDiscover(state: State, phase: Phase & { kind: 'selecting' }, env: Env): Step {
  const trouble = phase.exchange.tries >= FORGET_TROUBLE_AFTER ? undefined : state.trouble;
  return sendDiscover(
    { ...state, trouble },
    { ...phase, exchange: repeatExchange(phase.exchange, env) },
    env,
  );
}

function repeatRequest(state: State, phase: Phase & { kind: 'requesting' }, env: Env): Step {
  if (phase.exchange.tries >= REQUEST_TRIES) {
    const { address, server } = phase.offer;
    const trouble = `The server ${formatIpv4(server)} offered ${formatIpv4(address.address)}, and does not answer who asks for it`;
    return startOver({ ...state, trouble }, phase.lease, env);
  }
  // The transaction's `secs` stays that of the DISCOVER (RFC 2131 section 4.4.1).
  const exchange = { ...repeatExchange(phase.exchange, env), secs: phase.exchange.secs };
  return {
    state: { ...state, phase: { ...phase, exchange } },
    effects: [requestOffered(phase.offer, exchange, env)],
  };
}

function repeatReboot(state: State, phase: Phase & { kind: 'rebooting' }, env: Env): Step {
  if (phase.exchange.tries >= REBOOT_TRIES) return startOver(state, phase.lease, env);
  return sendReboot(state, { ...phase, exchange: repeatExchange(phase.exchange, env) }, env);
}

/** Discovers anew; a lease that still holds stays configured until something better is granted. */
function startOver(state: State, lease: Lease | undefined, env: Env): Step {
  return scheduleRound({ ...state, setbacks: state.setbacks + 1 }, { lease, reboot: false }, env);
}

/**
 * RFC 2131 section 4.4.5: from T1 the server that granted the lease is asked, from T2 any. Each transmission is an exchange
 * of its own, so that the lease granted by an answer counts from the very request it answers.
 */
function renew(state: State, lease: Lease, env: Env): Step {
  const rebinding = env.now >= lease.rebindAt;
  const end = rebinding ? lease.expiresAt : lease.rebindAt;
  const exchange: Exchange = {
    ...beginExchange(env),
    nextSend: after(env.now, renewalWait(env.now, end)),
  };
  const { binding } = lease;
  const source = binding.address.address;
  const message = request(env.options, exchange, { ciaddr: source });
  const effect: Effect = rebinding
    ? { kind: 'broadcast', message, source }
    : { kind: 'unicast', message, source, server: binding.server };
  return {
    state: { ...state, phase: { kind: rebinding ? 'rebinding' : 'renewing', lease, exchange } },
    effects: [effect],
  };
}
