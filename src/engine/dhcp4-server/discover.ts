import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { chooseAddress, isAvailable } from './choose.ts';
import { inUseText, quarantine, retire } from './end.ts';
import { hostLabelOf } from './host-label.ts';
import type { LeaseEntry, Question } from './lease-table.ts';
import { deadline, leaseTimeFor } from './lease-time.ts';
import { MAX_MISSES, MAX_OFFERS, MAX_PROBES, OFFER_TIME } from './limits.ts';
import { grant } from './reply.ts';
import { type Effect, type Env, type State, type Step, ignore } from './state.ts';
import { warn } from './warn.ts';

/** RFC 2131 §4.3.1: chooses an address, makes sure nobody uses it, offers it. */
export function takeDiscover(state: State, question: Question, env: Env): Step {
  const { who, message } = question;
  const current = state.table.ofClient(who);
  if (current === undefined && state.table.offers >= MAX_OFFERS) return ignore(state);
  const { address, nextFresh } = chooseAddress(state, who, message.options.requestedAddress);
  const next = { ...state, nextFresh };
  if (address === undefined) return exhausted(next, env);
  if (current?.address !== address) {
    // A client that discovers does not use what it had (RFC 2131 figure 5).
    const effects = current?.phase === 'bound' ? retire(next, current, false) : [];
    const step = prepare(next, address, question, env);
    return { state: step.state, effects: [...effects, ...step.effects] };
  }
  if (current.phase === 'bound') return { state: next, effects: [offer(next, current, question)] };
  if (current.phase === 'offered') return makeOffer(next, address, question, env);
  if (current.phase === 'probing') {
    // Asked again meanwhile: the answer goes to the latest.
    state.table.set({ ...current, question });
    return ignore(next);
  }
  return prepare(next, address, question, env);
}

function exhausted(state: State, env: Env): Step {
  const { first, last } = state.plan.options.pool;
  const text = `No address is left for a new device: all from ${formatIpv4(first)} to ${formatIpv4(last)} are given`;
  return { state, effects: warn(state, text, env) };
}

/** Probes first, unless the owner has reserved the address: then only the rightful device can be what answers. */
function prepare(state: State, address: Ipv4, question: Question, env: Env): Step {
  const reserved = state.plan.reservationOf(question.who)?.address === address;
  if (reserved || state.table.probes >= MAX_PROBES) return makeOffer(state, address, question, env);
  const { who } = question;
  const until = deadline(env.now, OFFER_TIME);
  state.table.set({ address, who, name: undefined, phase: 'probing', until, question });
  return { state, effects: [{ kind: 'probe', address }] };
}

function makeOffer(state: State, address: Ipv4, question: Question, env: Env): Step {
  const entry: LeaseEntry = {
    address,
    who: question.who,
    name: nameFor(state, question),
    phase: 'offered',
    until: deadline(env.now, OFFER_TIME),
    commit: state.table.get(address)?.commit,
  };
  state.table.set(entry);
  return { state, effects: [offer(state, entry, question)] };
}

/** The name of the client: of its reservation, or what it calls itself. */
export function nameFor(state: State, { who, message }: Question): string | undefined {
  return state.plan.reservationOf(who)?.name ?? hostLabelOf(message);
}

function offer(state: State, entry: LeaseEntry, question: Question): Effect {
  const { options } = state.plan;
  const leaseTime = leaseTimeFor(options, question.message);
  const name = nameFor(state, question) ?? entry.name;
  return grant(options, question, { type: 'OFFER', address: entry.address, leaseTime, name });
}

/** The outcome of a probe; an address in use is left alone and another one chosen. */
export function takeProbed(state: State, address: Ipv4, inUse: boolean, env: Env): Step {
  const entry = state.table.get(address);
  if (entry?.phase !== 'probing' || entry.question === undefined) return ignore(state);
  const { question } = entry;
  if (!inUse) {
    // The settings may have changed while the probe was under way.
    if (isAvailable(state, entry.who, address)) return makeOffer(state, address, question, env);
    state.table.forget(address);
    return takeDiscover(state, question, env);
  }
  quarantine(state, address, env);
  const warning = warn(state, inUseText(address, 'it answered a ping'), env);
  // A device that answers for every address (proxy ARP) would have us probe for ever.
  const misses = (question.misses ?? 0) + 1;
  if (misses >= MAX_MISSES) return { state, effects: warning };
  const step = takeDiscover(state, { ...question, misses }, env);
  return { state: step.state, effects: [...warning, ...step.effects] };
}
