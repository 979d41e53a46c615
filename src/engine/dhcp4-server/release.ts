import { type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { inUseText, quarantine, retire } from './end.ts';
import type { LeaseEntry, Question } from './lease-entry.ts';
import { civilEnd, deadline } from './lease-time.ts';
import { QUARANTINE_TIME } from './limits.ts';
import { grant } from './reply.ts';
import { type Effect, type Env, type State, type Step, ignore } from './state.ts';
import { warn } from './warn.ts';

/** What the client has, if it is `address` and the message is for this server (or for none in particular). */
function entryMeant(
  state: State,
  { who, message }: Question,
  address: Ipv4 | undefined,
): LeaseEntry | undefined {
  const { serverId } = message.options;
  if (serverId !== undefined && serverId !== state.plan.options.server.address) return undefined;
  const entry = state.table.ofClient(who);
  // An identifier can be told by anyone who has seen it: the device behind it counts as well.
  return entry !== undefined && entry.address === address && entry.who.mac === who.mac ? entry : undefined;
}

/**
 * RFC 2131 §4.3.4: the client is done; its address is kept in mind for it. Never answered. From another device's Ethernet
 * address it is not believed: a lease that goes on until its end costs nothing, one that another could end its owner's connections.
 */
export function takeRelease(state: State, question: Question, env: Env): Step {
  const { message, who, via } = question;
  if (via !== who.mac && message.giaddr === UNSPECIFIED) return ignore(state);
  const entry = entryMeant(state, question, message.ciaddr);
  const isHeld = entry?.phase === 'bound' || entry?.phase === 'revoked';
  return isHeld ? { state, effects: retire(state, entry, false, env) } : ignore(state);
}

/** RFC 2131 §4.3.3: the client found the address in use. Never answered. */
export function takeDecline(state: State, question: Question, env: Env): Step {
  const entry = entryMeant(state, question, question.message.options.requestedAddress);
  if (entry === undefined || (entry.phase !== 'bound' && entry.phase !== 'offered')) return ignore(state);
  const { address } = entry;
  quarantine(state, address, env);
  const until = civilEnd(deadline(env.now, QUARANTINE_TIME), env);
  const effects: Effect[] = [{ kind: 'persistDecline', address, until }];
  if (entry.phase === 'bound') effects.push({ kind: 'ended', address });
  return {
    state,
    effects: [...effects, ...warn(state, inUseText(address, 'the device that got it says so'), env)],
  };
}

/** RFC 2131 §4.3.5: a device with an address of its own asks for the rest. Nothing is remembered. */
export function takeInform(state: State, question: Question): Step {
  if (question.message.ciaddr === UNSPECIFIED) return ignore(state);
  const what = { type: 'ACK', address: UNSPECIFIED, leaseTime: undefined, name: undefined } as const;
  return { state, effects: [grant(state.plan, question, what)] };
}
