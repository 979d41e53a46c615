import { after, between } from '../../base/instant.ts';
import { formatIpv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { printable } from '../../base/printable.ts';
import type { Binding } from './binding.ts';
import { checkLease, useLease } from './grant.ts';
import { type Reply, readReply } from './reply.ts';
import { request } from './request.ts';
import { scheduleRound } from './rounds.ts';
import type { Effect, Env, Event, Exchange, Phase, State, Step } from './state.ts';
import { leaseFrom, waitAfter } from './timing.ts';

/** A server's reason is shown to the owner, but not more of it than this. */
const MAX_REASON = 120;

const ORIGINS = {
  requesting: 'discovered',
  rebooting: 'rebooted',
  renewing: 'renewed',
  rebinding: 'rebound',
} as const;

type Granting = Reply & { readonly kind: 'offer' | 'ack' };
type Waiting = Extract<Phase, { readonly exchange: Exchange }>;
type Asking = Extract<Waiting, { readonly kind: keyof typeof ORIGINS }>;

/** What a message from a server changes. Whatever does not answer the exchange under way changes nothing. */
export function takeMessage(state: State, event: Event & { kind: 'message' }, env: Env): Step {
  const { phase } = state;
  const reply = readReply(event.message, event.from, env.options.mac);
  if (reply === undefined || !('exchange' in phase) || reply.xid !== phase.exchange.xid) {
    return { state, effects: [] };
  }
  if (reply.kind === 'unusable') return noteUnusable(state, reply);
  if (reply.kind === 'offer') {
    return phase.kind === 'selecting'
      ? takeOffer(state, { phase, offer: reply }, env)
      : { state, effects: [] };
  }
  if (phase.kind === 'selecting' || !isExpected(phase, reply)) return { state, effects: [] };
  return reply.kind === 'nak' ? takeNak(state, reply, env) : takeAck(state, { phase, ack: reply }, env);
}

/**
 * After an offer only the server that made it is listened to; to the other requests any server may answer. Who gives the very
 * address that was offered is that server, whatever it calls itself now: some have several addresses, or stand in for each other.
 */
function isExpected(phase: Asking, reply: Granting | (Reply & { kind: 'nak' })): boolean {
  if (phase.kind !== 'requesting' || phase.offer.server === reply.server) return true;
  return reply.kind === 'ack' && reply.binding.address.address === phase.offer.address.address;
}

/** The log is told the first time only: a station that floods the segment with useless offers must not flood it too. */
function noteUnusable(state: State, { server, reason }: Reply & { kind: 'unusable' }): Step {
  const trouble = `The server ${formatIpv4(server)} gives ${reason}: it is not used`;
  const isNews = state.trouble === undefined;
  return { state: { ...state, trouble }, effects: isNews ? [{ kind: 'report', text: trouble }] : [] };
}

/** RFC 2131 section 4.4.1: the request carries the offer's transaction and the same `secs` as the DISCOVER. */
function takeOffer(
  state: State,
  found: { readonly phase: Phase & { kind: 'selecting' }; readonly offer: Granting },
  env: Env,
): Step {
  const { lease, exchange: before } = found.phase;
  const exchange: Exchange = {
    ...before,
    tries: 1,
    sentAt: env.now,
    nextSend: after(env.now, waitAfter(1, env.random)),
  };
  const offer = found.offer.binding;
  return {
    state: { ...state, phase: { kind: 'requesting', lease, exchange, offer } },
    effects: [requestOffered(offer, exchange, env)],
  };
}

export function requestOffered(offer: Binding, exchange: Exchange, env: Env): Effect {
  const what = { requested: offer.address.address, server: offer.server };
  const message = request(env.options, exchange, what);
  return { kind: 'broadcast', message, source: UNSPECIFIED };
}

function takeAck(state: State, found: { readonly phase: Asking; readonly ack: Granting }, env: Env): Step {
  const { phase, ack } = found;
  const lease = leaseFrom(ack, phase.exchange.sentAt, env.random);
  // So short a lease, so late an answer: it is over already.
  if (lease.expiresAt <= env.now) return { state, effects: [] };
  const grant = { lease, origin: ORIGINS[phase.kind], took: between(phase.exchange.began, env.now) };
  const isRenewal = phase.kind === 'renewing' || phase.kind === 'rebinding';
  const isSame = phase.lease?.binding.address.address === lease.binding.address.address;
  return isRenewal && isSame ? useLease(state, grant) : checkLease(state, grant, env);
}

/** RFC 2131 section 3.1 (5), 4.4.5: the address is not ours (any more); it is not asked for again. */
function takeNak(state: State, nak: Reply & { kind: 'nak' }, env: Env): Step {
  const { lease } = state.phase;
  const reason = nak.reason === '' ? '' : `: ${printable(nak.reason, MAX_REASON)}`;
  const trouble = `The server ${formatIpv4(nak.server)} refused the address${reason}`;
  const effects: Effect[] = [{ kind: 'report', text: trouble }];
  if (lease !== undefined) effects.push({ kind: 'unconfigure', reason: 'refused' });
  if (state.remembered !== undefined) effects.push({ kind: 'forgetLease' });
  const refused: State = { ...state, remembered: undefined, setbacks: state.setbacks + 1, trouble };
  const next = scheduleRound(refused, { lease: undefined, reboot: false }, env);
  return { state: next.state, effects: [...effects, ...next.effects] };
}
