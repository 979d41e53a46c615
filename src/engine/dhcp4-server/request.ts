import { type Ipv4, UNSPECIFIED, formatIpv4 } from '../../base/ipv4.ts';
import { contains4 } from '../../base/prefix.ts';
import { isKnown, isOurs, isRoomFor, mayKeep, mayRemember, mayTake } from './choose.ts';
import { commit } from './commit.ts';
import { prepare } from './discover.ts';
import { retire, revoke } from './end.ts';
import { type LeaseEntry, type Question, isLease } from './lease-entry.ts';
import { MAX_OFFERS } from './limits.ts';
import type { Identity } from './options.ts';
import { refuse } from './reply.ts';
import { type Effect, type Env, type State, type Step, ignore } from './state.ts';

/*
 * When a REQUEST is refused (RFC 2131 §4.3.2), so that this server is silent about what another one may know better:
 * - a client that took our offer hears of everything that is wrong with it;
 * - an address of another network is refused: it cannot be right on this link;
 * - an address given here is ours to judge: it is the client's, or free for it, or refused;
 * - any other address of the network is another server's or set by hand: no answer, unless we know the client under
 *   another address.
 */

/** RFC 2131 §4.3.2: which of the client's states it asks from is told by what it filled in (table 4). */
export function takeRequest(state: State, question: Question, env: Env): Step {
  const { ciaddr, options } = question.message;
  if (options.serverId !== undefined) return fromSelecting(state, question, env);
  if (ciaddr !== UNSPECIFIED) return fromRenewing(state, question, env);
  return fromInitReboot(state, question, env);
}

function fromSelecting(state: State, question: Question, env: Env): Step {
  const { serverId, requestedAddress } = question.message.options;
  if (serverId !== state.plan.options.server.address) return choseAnother(state, question, env);
  // Some clients name the address in ciaddr instead, against table 4.
  const address = requestedAddress ?? question.message.ciaddr;
  if (address === UNSPECIFIED) return ignore(state);
  const current = state.table.ofClient(question.who);
  // Without an entry the offer was made before a restart: it is kept if it still can be.
  const granted =
    current === undefined || current.phase === 'past' || current.phase === 'lapsed'
      ? mayTake(state, question.who, address) && mayBegin(state, question.who, address, env)
      : current.address === address && current.phase !== 'probing' && mayHave(state, current);
  return granted ? commit(state, address, question, env) : nak(state, question, address, env);
}

/** What was offered it may have, also where a lease of its own was taken back before. */
function mayHave(state: State, current: LeaseEntry): boolean {
  if (current.former?.phase === 'bound') return state.plan.mayHold(current.who, current.address);
  return mayKeep(state, current);
}

/** The client took the offer of another server: ours is free again, and the owner hears of the other. */
function choseAnother(state: State, { who, message }: Question, env: Env): Step {
  const current = state.table.ofClient(who);
  if (current !== undefined && (current.phase === 'offered' || current.phase === 'probing'))
    retire(state, current, false, env);
  const { serverId } = message.options;
  return serverId === undefined
    ? ignore(state)
    : { state, effects: [{ kind: 'otherServer', address: serverId }] };
}

/** Whether the client has an address from here now. */
function isServed(current: LeaseEntry | undefined): boolean {
  return current?.phase === 'bound' || current?.phase === 'revoked';
}

/** The client remembers an address from before a restart and has to hear at once if it is wrong here. */
function fromInitReboot(state: State, question: Question, env: Env): Step {
  const { who, message } = question;
  const { requestedAddress } = message.options;
  if (requestedAddress === undefined) return ignore(state);
  if (!contains4(state.plan.options.server, requestedAddress))
    return nak(state, question, requestedAddress, env);
  const current = state.table.ofClient(who);
  if (current?.address === requestedAddress && isLease(current) && mayKeep(state, current))
    return commit(state, requestedAddress, question, env);
  return isServed(current)
    ? nak(state, question, requestedAddress, env)
    : rebuild(state, question, requestedAddress, env);
}

/** Whether a lease that this server knows nothing of can be taken over as its own. */
function mayBegin(state: State, who: Identity, address: Ipv4, env: Env): boolean {
  return isRoomFor(state, who, env) && mayRemember(state, address);
}

/** A client we do not know, as after the loss of the journal: it gets what it had, if that is free and nobody uses it. */
function rebuild(state: State, question: Question, address: Ipv4, env: Env): Step {
  const { who } = question;
  if (!isOurs(state, address)) return ignore(state);
  if (!mayTake(state, who, address)) return nak(state, question, address, env);
  const current = state.table.ofClient(who);
  if (current?.phase === 'probing' && current.address === address) {
    state.table.set({ ...current, question });
    return ignore(state);
  }
  const isFull = state.table.offers >= MAX_OFFERS && !isKnown(state, who);
  if (isFull || !mayBegin(state, who, address, env)) return ignore(state);
  return prepare(state, { address, nextFresh: state.nextFresh }, question, env);
}

/** RENEWING or REBINDING: the client uses the address now, so one we do not know of is left to it if it is nobody's. */
function fromRenewing(state: State, question: Question, env: Env): Step {
  const { who, message } = question;
  const { ciaddr } = message;
  const current = state.table.ofClient(who);
  if (current?.address === ciaddr && current.phase !== 'revoked') {
    return mayKeep(state, current) ? commit(state, ciaddr, question, env) : nak(state, question, ciaddr, env);
  }
  if (!isServed(current) && mayTake(state, who, ciaddr))
    return mayBegin(state, who, ciaddr, env) ? commit(state, ciaddr, question, env) : ignore(state);
  const isForeign = contains4(state.plan.options.server, ciaddr) && !isOurs(state, ciaddr);
  return isForeign && !isServed(current) ? ignore(state) : nak(state, question, ciaddr, env);
}

/**
 * A client that is refused what it has stops using it and discovers, but the refusal may be lost: until the client has
 * said something that shows it, or its lease would have ended, the address is nobody's.
 */
function nak(state: State, question: Question, address: Ipv4, env: Env): Step {
  const current = state.table.ofClient(question.who);
  const effects: Effect[] = [];
  if (current?.phase === 'bound' && current.address === address) effects.push(...revoke(state, address, env));
  const reason = `${formatIpv4(address)} is not for this device on this network`;
  return { state, effects: [...effects, ...refuse(state.plan, question, reason)] };
}
