import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { MESSAGE_TYPE } from '../../wire/dhcp4/constants.ts';
import { answer, mayAnswer, takeDiscover } from './discover.ts';
import { inUseText, quarantine, retire } from './end.ts';
import type { LeaseEntry, Question } from './lease-entry.ts';
import { MAX_MISSES, MAX_PROXIES, PROXIED } from './limits.ts';
import { noteUnused, noteUsed } from './probe-trust.ts';
import { refuse } from './reply.ts';
import { type Env, type Event, type State, type Step, chain, ignore } from './state.ts';
import { warn } from './warn.ts';

type Probed = Event & { readonly kind: 'probed' };

/** The outcome of a probe; an address in use is left alone and another one chosen. */
export function takeProbed(state: State, { address, inUse, by }: Probed, env: Env): Step {
  const entry = state.table.get(address);
  if (entry?.phase !== 'probing' || entry.question === undefined) return ignore(state);
  const { question } = entry;
  if (inUse && isTakenOver(entry)) return leaveToOther(state, entry, question, env);
  if (inUse && !isRightful(entry, question, by)) return avoid(state, { address, by, question }, env);
  if (!inUse && mayAnswer(state, entry)) return answer(noteUnused(state), address, question, env);
  if (mayAnswer(state, entry)) return answer(state, address, question, env);
  retire(state, entry, false, env);
  return again(state, question, env);
}

/** Whether the lease the client is to take over runs under another identifier. */
function isTakenOver({ former, who }: LeaseEntry): boolean {
  return (
    former !== undefined &&
    former.who.client !== who.client &&
    former.who.mac === who.mac &&
    former.phase !== 'past'
  );
}

/** Someone uses it: two clients share the MAC address, and each has a lease of its own. */
function leaveToOther(state: State, entry: LeaseEntry, question: Question, env: Env): Step {
  retire(state, entry, false, env);
  return again(state, { ...question, isAnother: true }, env);
}

/**
 * Whether what answered is the client itself, still or again using the address: by its own Ethernet address, or by that of
 * the repeater it asks through, if the address was the client's before.
 */
function isRightful({ who, former }: LeaseEntry, { via }: Question, by: Mac | undefined): boolean {
  return by !== undefined && (by === who.mac || (by === via && former?.who.client === who.client));
}

interface Conflict {
  readonly address: Ipv4;
  readonly by: Mac | undefined;
  readonly question: Question;
}

function avoid(before: State, { address, by, question }: Conflict, env: Env): Step {
  quarantine(before, address, env);
  const who = by === undefined ? 'it answered a ping' : `${by} answers for it`;
  // After some in a row it is no news any more, and soon told in another way.
  const isNews = before.trust.misses < MAX_MISSES;
  const { state, isLowered, effects } = noteUsed(before, by, env);
  const told: Step = {
    state,
    effects: [...(isNews ? warn(state, inUseText(address, who), env) : []), ...effects],
  };
  const answeredBy = [...(question.answeredBy ?? []), by];
  if (isLowered || answeredBy.length < MAX_MISSES)
    return chain(told, (next) => again(next, { ...question, answeredBy }, env));
  return chain(told, (next) => noteProxy(next, answeredBy, env));
}

/**
 * A device that answers for every address (proxy ARP) would have us probe for ever, and nobody would get one. What it
 * says by ARP is ignored from now on: the next question is answered.
 */
function noteProxy(state: State, answeredBy: readonly (Mac | undefined)[], env: Env): Step {
  const [often] = Map.groupBy(answeredBy, (by) => by)
    .entries()
    .filter(([by, { length }]) => by !== undefined && length >= PROXIED);
  const by = often?.[0];
  if (by === undefined || state.proxies.size >= MAX_PROXIES) return ignore(state);
  state.proxies.add(by);
  const text = `The device ${by} answers ARP for many addresses of the LAN (proxy ARP); addresses are checked without it`;
  return { state, effects: warn(state, text, env) };
}

/** Starts anew with another address, or refuses the one that was asked for. */
function again(state: State, question: Question, env: Env): Step {
  const { messageType, requestedAddress } = question.message.options;
  if (messageType !== MESSAGE_TYPE.REQUEST) return takeDiscover(state, question, env);
  const reason = `${formatIpv4(requestedAddress ?? question.message.ciaddr)} is used by another device`;
  return { state, effects: refuse(state.plan, question, reason) };
}
