import type { Duration } from '../../base/duration.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { type Choice, chooseAddress, isAvailable, isKnown } from './choose.ts';
import { commit } from './commit.ts';
import { retire } from './end.ts';
import { type LeaseEntry, type Question, formerOf } from './lease-entry.ts';
import { deadline, leaseTimeFor } from './lease-time.ts';
import { MANY_OFFERS, MAX_OFFERS, MAX_PROBES, OFFER_TIME, SHORT_OFFER_TIME } from './limits.ts';
import { nameOf, vendorOf } from './identity.ts';
import { trustOf } from './probe-trust.ts';
import { grant } from './reply.ts';
import { type Effect, type Env, type State, type Step, ignore } from './state.ts';
import { MESSAGE_TYPE } from '../../wire/dhcp4/constants.ts';
import { warn } from './warn.ts';

/** RFC 2131 §4.3.1: chooses an address, makes sure nobody uses it, offers it. */
export function takeDiscover(state: State, question: Question, env: Env): Step {
  const { who } = question;
  const current = state.table.ofClient(who);
  if (current === undefined && state.table.offers >= MAX_OFFERS && !isKnown(state, who)) return ignore(state);
  const choice = chooseAddress(state, question, env);
  const next = { ...state, nextFresh: choice.nextFresh };
  if (choice.address === undefined) return exhausted(next, env);
  if (current === undefined || current.address !== choice.address)
    return moveTo(next, { choice, current, question }, env);
  if (current.phase === 'bound') return { state: next, effects: [offer(next, current, question)] };
  if (current.phase === 'offered') return makeOffer(next, choice.address, question, env);
  if (current.phase === 'probing') {
    // Asked again meanwhile: the answer goes to the latest.
    state.table.set({ ...current, question });
    return ignore(next);
  }
  return prepare(next, choice, question, env);
}

interface Move {
  readonly choice: Choice;
  readonly current: LeaseEntry | undefined;
  readonly question: Question;
}

/** A client that discovers does not use what it had (RFC 2131 figure 5). */
function moveTo(state: State, { choice, current, question }: Move, env: Env): Step {
  const isHeld = current?.phase === 'bound' || current?.phase === 'revoked';
  const effects = isHeld ? retire(state, current, false, env) : [];
  const step = prepare(state, choice, question, env);
  return { state: step.state, effects: [...effects, ...step.effects] };
}

function exhausted(state: State, env: Env): Step {
  const { first, last } = state.plan.pool;
  const text = `No address is left for a new device: all from ${formatIpv4(first)} to ${formatIpv4(last)} are given, or kept for devices that were here in the last days`;
  return { state, effects: warn(state, text, env) };
}

/** Probes first, unless the owner has reserved the address: then only the rightful device can be what answers. */
export function prepare(state: State, choice: Choice, question: Question, env: Env): Step {
  const { address } = choice;
  if (address === undefined) return ignore(state);
  const reserved = state.plan.reservationOf(question.who)?.address === address;
  const mustProbe = choice.isTakenOver === true && !reserved;
  const trust = trustOf(state, env);
  if (!mustProbe && (reserved || trust === 'none' || state.table.probes >= MAX_PROBES))
    return answer(state, address, question, env);
  state.table.set({ ...newEntry(state, address, question, env), phase: 'probing', question });
  return { state, effects: [{ kind: 'probe', address, ignore: trust === 'all' ? state.proxies : 'all' }] };
}

/** What follows when nobody uses the address: an OFFER, or the lease of a client that has asked for the address it had. */
export function answer(state: State, address: Ipv4, question: Question, env: Env): Step {
  if (question.message.options.messageType === MESSAGE_TYPE.REQUEST)
    return commit(state, address, question, env);
  return makeOffer(state, address, question, env);
}

function offerTime(state: State): Duration {
  return state.table.offers < MANY_OFFERS ? OFFER_TIME : SHORT_OFFER_TIME;
}

function newEntry(state: State, address: Ipv4, { who, message }: Question, env: Env): LeaseEntry {
  const before = state.table.get(address);
  return {
    address,
    who,
    phase: 'offered',
    until: deadline(env.now, offerTime(state)),
    vendor: vendorOf(message),
    former: formerOf(before, who),
  };
}

function makeOffer(state: State, address: Ipv4, question: Question, env: Env): Step {
  const before = state.table.get(address);
  const commit = before?.who.client === question.who.client ? before.commit : undefined;
  const entry: LeaseEntry = { ...newEntry(state, address, question, env), commit };
  state.table.set(entry);
  return { state, effects: [offer(state, entry, question)] };
}

function offer(state: State, { address }: LeaseEntry, question: Question): Effect {
  const leaseTime = leaseTimeFor(state.plan.options, question.message);
  const name = nameOf(state.plan, question.who);
  return grant(state.plan, question, { type: 'OFFER', address, leaseTime, name });
}

/** Whether the address may still be what the probe was made for: settings may have changed while it was under way. */
export function mayAnswer(state: State, { address, who, former }: LeaseEntry): boolean {
  if (former?.phase === 'bound') return state.plan.mayHold(who, address);
  return isAvailable(state, who, address);
}
