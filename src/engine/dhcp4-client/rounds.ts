import { type Duration, inSeconds } from '../../base/duration.ts';
import { after, between, type Instant } from '../../base/instant.ts';
import { UNSPECIFIED } from '../../base/ipv4.ts';
import { discover, request } from './request.ts';
import type { Env, Exchange, Lease, State, Step } from './state.ts';
import { FIRST_WAIT, waitAfter } from './timing.ts';

/** How a round begins, and what stays configured meanwhile. */
export interface Round {
  readonly reboot: boolean;
  readonly lease: Lease | undefined;
}

/**
 * A round is an exchange opened with DISCOVER, or with the REQUEST of INIT-REBOOT. Neither a flapping link nor a server
 * that refuses what it has offered may turn the client into a source of floods: of two rounds the second may follow at
 * once (a refused INIT-REBOOT is followed by DISCOVER), the third waits, and the longer the more setbacks there were.
 */
function earliestRound(state: State, env: Env): Instant {
  const last = state.rounds.at(-1);
  const before = state.rounds.at(-2);
  if (last === undefined || before === undefined) return state.quietUntil;
  const spaced = Math.max(state.quietUntil, after(before, FIRST_WAIT)) as Instant;
  if (state.setbacks < 2) return spaced;
  return Math.max(spaced, after(last, waitAfter(state.setbacks - 1, env.random))) as Instant;
}

/** Begins a round now, or waits in INIT as long as the back-off wants. */
export function scheduleRound(state: State, round: Round, env: Env): Step {
  const until = earliestRound(state, env);
  if (until <= env.now) return beginRound(state, round, env);
  return { state: { ...state, phase: { kind: 'init', ...round, until } }, effects: [] };
}

export function beginRound(state: State, round: Round, env: Env): Step {
  const { lease } = round;
  const begun: State = { ...state, rounds: [...state.rounds.slice(-1), env.now] };
  const exchange = beginExchange(env);
  const binding = lease?.binding ?? state.remembered;
  if (binding === undefined || !round.reboot) return sendDiscover(begun, { lease, exchange }, env);
  return sendReboot(begun, { lease, exchange, address: binding.address.address }, env);
}

/** The REQUEST of INIT-REBOOT (RFC 2131 section 4.3.2): for any server that knows, so it names none. */
export function sendReboot(
  state: State,
  phase: Omit<State['phase'] & { kind: 'rebooting' }, 'kind'>,
  env: Env,
): Step {
  const message = request(env.options, phase.exchange, { requested: phase.address });
  return {
    state: { ...state, phase: { kind: 'rebooting', ...phase } },
    effects: [{ kind: 'broadcast', message, source: UNSPECIFIED }],
  };
}

export function sendDiscover(
  state: State,
  phase: { readonly lease: Lease | undefined; readonly exchange: Exchange },
  env: Env,
): Step {
  const message = discover(env.options, phase.exchange, state.remembered?.address.address);
  return {
    state: { ...state, phase: { kind: 'selecting', ...phase } },
    effects: [{ kind: 'broadcast', message, source: UNSPECIFIED }],
  };
}

/** A new exchange whose first message is sent now. */
export function beginExchange(env: Env): Exchange {
  const { now } = env;
  return {
    xid: env.random(0x1_0000_0000),
    began: now,
    secs: 0,
    tries: 1,
    sentAt: now,
    nextSend: after(now, waitAfter(1, env.random)),
  };
}

/** The exchange after one more transmission of its message. */
export function repeatExchange(exchange: Exchange, env: Env): Exchange {
  const tries = exchange.tries + 1;
  const secs = inSeconds(between(exchange.began, env.now));
  const wait: Duration = waitAfter(tries, env.random);
  return { ...exchange, tries, secs, nextSend: after(env.now, wait) };
}
