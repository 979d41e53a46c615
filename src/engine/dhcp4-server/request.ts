import { type Ipv4, UNSPECIFIED, formatIpv4 } from '../../base/ipv4.ts';
import { contains4 } from '../../base/prefix.ts';
import { isAvailable, mayKeep } from './choose.ts';
import { commit } from './commit.ts';
import { retire } from './end.ts';
import type { Question } from './lease-table.ts';
import { refuse } from './reply.ts';
import { type Effect, type Env, type State, type Step, ignore } from './state.ts';
import { warn } from './warn.ts';

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
  if (requestedAddress === undefined) return ignore(state);
  const current = state.table.ofClient(question.who);
  // Without an entry the offer was made before a restart: it is kept if it still can be.
  const granted =
    current === undefined || current.phase === 'past' || current.phase === 'lapsed'
      ? isAvailable(state, question.who, requestedAddress)
      : current.address === requestedAddress && current.phase !== 'probing' && mayKeep(state, current);
  return granted ? commit(state, requestedAddress, question, env) : nak(state, question, requestedAddress);
}

/** The client took the offer of another server: ours is free again, and the owner hears of the other. */
function choseAnother(state: State, { who, message }: Question, env: Env): Step {
  const current = state.table.ofClient(who);
  if (current !== undefined && (current.phase === 'offered' || current.phase === 'probing'))
    retire(state, current, false);
  const { serverId } = message.options;
  if (serverId === undefined) return ignore(state);
  const text = `Another DHCP server, ${formatIpv4(serverId)}, gives addresses on the LAN: devices get them from one or the other`;
  return { state, effects: warn(state, text, env) };
}

/** The client remembers an address from before a restart and has to hear at once if it is wrong here. */
function fromInitReboot(state: State, question: Question, env: Env): Step {
  const { who, message } = question;
  const { requestedAddress } = message.options;
  if (requestedAddress === undefined) return ignore(state);
  if (!contains4(state.plan.options.server, requestedAddress)) return nak(state, question, requestedAddress);
  const current = state.table.ofClient(who);
  // RFC 2131 §4.3.2: a server without record of the client must remain silent, another may know it.
  if (current === undefined) return ignore(state);
  const isItsOwn =
    current.address === requestedAddress && current.phase !== 'probing' && mayKeep(state, current);
  return isItsOwn ? commit(state, requestedAddress, question, env) : nak(state, question, requestedAddress);
}

/**
 * RENEWING or REBINDING: the client uses the address now. One we do not know of is left to it if it is nobody's; if it
 * is one this server never gives, the client is another server's.
 */
function fromRenewing(state: State, question: Question, env: Env): Step {
  const { who, message } = question;
  const { ciaddr } = message;
  const current = state.table.ofClient(who);
  if (current?.address === ciaddr) {
    return mayKeep(state, current) ? commit(state, ciaddr, question, env) : nak(state, question, ciaddr);
  }
  if (current?.phase !== 'bound' && isAvailable(state, who, ciaddr))
    return commit(state, ciaddr, question, env);
  const isForeign = contains4(state.plan.options.server, ciaddr) && state.table.get(ciaddr) === undefined;
  return current === undefined && isForeign ? ignore(state) : nak(state, question, ciaddr);
}

function nak(state: State, question: Question, address: Ipv4): Step {
  const current = state.table.ofClient(question.who);
  const effects: Effect[] = [];
  // A client that is refused what it has stops using it and discovers.
  if (current?.phase === 'bound' && current.address === address)
    effects.push(...retire(state, current, false));
  const reason = `${formatIpv4(address)} is not for this device on this network`;
  return { state, effects: [...effects, refuse(state.plan.options, question, reason)] };
}
