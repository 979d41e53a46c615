import { unreachable } from '../../base/errors.ts';
import { UNSPECIFIED } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { contains4 } from '../../base/prefix.ts';
import { clientKeyOf, macOfClient } from '../../wire/dhcp4/client-key.ts';
import { MESSAGE_TYPE, OP } from '../../wire/dhcp4/constants.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import { takePersisted } from './commit.ts';
import { takeDiscover, takeProbed } from './discover.ts';
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
      return takeProbed(state, event.address, event.inUse, env);
    case 'persisted':
      return takePersisted(state, event.commit, event.failure, env);
    case 'reconfigure':
      return reconfigure(state, event.options);
    case 'clockSet':
      return followClock(state, env);
    case 'wake':
      return ignore(state);
    default:
      return unreachable(event);
  }
}

function takeMessage(state: State, message: Dhcp4Message, via: Mac, env: Env): Step {
  const mac = macOfClient(message);
  if (message.op !== OP.BOOTREQUEST || mac === undefined) return ignore(state);
  // A relay's own address tells its clients' network (RFC 2131 §4.3.1): addresses are given on this LAN only.
  const { giaddr } = message;
  if (giaddr !== UNSPECIFIED && !contains4(state.plan.options.server, giaddr)) return ignore(state);
  const question = { message, who: { client: clientKeyOf(message), mac }, via };
  if (!state.rate.admits(question.who.client, env.now)) return ignore(state);
  switch (message.options.messageType) {
    case MESSAGE_TYPE.DISCOVER:
      return takeDiscover(state, question, env);
    case MESSAGE_TYPE.REQUEST:
      return takeRequest(state, question, env);
    case MESSAGE_TYPE.DECLINE:
      return takeDecline(state, question, env);
    case MESSAGE_TYPE.RELEASE:
      return takeRelease(state, question);
    case MESSAGE_TYPE.INFORM:
      return takeInform(state, question);
    default:
      return ignore(state);
  }
}
