import { unreachable } from '../../base/errors.ts';
import { UNSPECIFIED } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { contains4 } from '../../base/prefix.ts';
import { MESSAGE_TYPE, OP } from '../../wire/dhcp4/constants.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import { takePersisted } from './commit.ts';
import { takeDiscover } from './discover.ts';
import { retire, revoke } from './end.ts';
import { identityOf } from './identity.ts';
import type { Question } from './lease-entry.ts';
import { takeProbed } from './probed.ts';
import { linkOf } from './link-of.ts';
import { takeDecline, takeInform, takeRelease } from './release.ts';
import { takeRequest } from './request.ts';
import { followClock, reconfigure, restore } from './settings.ts';
import { type Effect, type Env, type Event, type State, type Step, chain, ignore } from './state.ts';
import { expire, nextEnd } from './timers.ts';

/**
 * The DHCP server of RFC 2131 section 4.3 for one LAN. No address is anyone's while it is someone's; a client gets what
 * it had before as long as that can be; a lease is recorded before it is acknowledged. Effects hold at most one wake.
 */
export function stepServer(state: State, event: Event, env: Env): Step {
  const step = chain(expire(state, env), (current) => handle(current, event, env));
  const wakeAt = nextEnd(step.state, env.now);
  if (wakeAt === step.state.wakeAt) return step;
  const wake: Effect = { kind: 'wake', at: wakeAt };
  return { state: { ...step.state, wakeAt }, effects: [...step.effects, wake] };
}

function handle(state: State, event: Event, env: Env): Step {
  switch (event.kind) {
    case 'restore':
      return restore(state, event.recorded, env);
    case 'message':
      return takeMessage(state, event.message, event.via, env);
    case 'probed':
      return takeProbed(state, event, env);
    case 'persisted':
      return takePersisted(state, event.commit, event.failure, env);
    case 'revoke':
      return { state, effects: revoke(state, event.address, env) };
    case 'reconfigure':
      return reconfigure(state, event.options, env);
    case 'clockSet':
      return followClock(state, env);
    case 'wake':
      return ignore(state);
    default:
      return unreachable(event);
  }
}

function takeMessage(state: State, message: Dhcp4Message, via: Mac, env: Env): Step {
  const who = identityOf(message, state.table);
  if (message.op !== OP.BOOTREQUEST || who === undefined) return ignore(state);
  // A relay's own address tells its clients' network (RFC 2131 §4.3.1): addresses are given on this LAN only.
  const link = linkOf(message);
  if (link !== UNSPECIFIED && !contains4(state.plan.options.server, link)) return ignore(state);
  const under = state.table.offerOver(who);
  const isFamiliar =
    under !== undefined ||
    state.table.ofClient(who) !== undefined ||
    state.plan.reservationOf(who) !== undefined;
  if (!state.rate.admits(who.client, isFamiliar, env.now)) return ignore(state);
  // Who had the address comes before who was only offered it, unless that one has asked for it already.
  if (under !== undefined && under.commit === undefined) retire(state, under, false, env);
  return takeQuestion(state, { message, who, via }, env);
}

/** BOOTP, which has no message type, and replies in a client's clothes are not answered. */
function takeQuestion(state: State, question: Question, env: Env): Step {
  switch (question.message.options.messageType) {
    case MESSAGE_TYPE.DISCOVER:
      return takeDiscover(state, question, env);
    case MESSAGE_TYPE.REQUEST:
      return takeRequest(state, question, env);
    case MESSAGE_TYPE.DECLINE:
      return takeDecline(state, question, env);
    case MESSAGE_TYPE.RELEASE:
      return takeRelease(state, question, env);
    case MESSAGE_TYPE.INFORM:
      return takeInform(state, question);
    default:
      return ignore(state);
  }
}
