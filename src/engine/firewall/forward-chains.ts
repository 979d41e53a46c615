import { unreachable } from '../../base/errors.ts';
import { NF_INET } from '../../wire/nftables/constants.ts';
import { IPS, NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { byDevices, count, rejectWith } from './action.ts';
import { blockedRules } from './blocked-devices.ts';
import { directionChains } from './direction-chains.ts';
import { dropRules, rejectRules } from './drop-rules.ts';
import { knownConnections } from './input-chains.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { type Plan, modeLine } from './plan.ts';
import { TOTAL_RATE } from './rates.ts';
import { type BaseChain, PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import { clampChains, clampRules } from './segment-clamp.ts';
import { totalLimit } from './sender-limits.ts';
import {
  accept,
  connectionState,
  fromUniqueLocal,
  goTo,
  hasConnectionStatus,
  inDevice,
  jumpTo,
  noWayBack,
  outDevice,
} from './statement.ts';

const ESTABLISHED = NF_CT_STATE.ESTABLISHED | NF_CT_STATE.RELATED;

/** Packets that go through the box, IPv4 and IPv6 alike, by mode. */
export function forwardChains(plan: Plan): RulesetChain[] {
  const { mode } = plan.options;
  switch (mode) {
    case 'lan-only': {
      const refusal = { comment: modeLine(plan), counter: COUNTER.OTHER, reason: REASON.OTHER };
      return [forward('drop', dropRules(plan, refusal))];
    }
    case 'router':
      return [
        ...passage(plan),
        forward('accept', [...guards(plan), rule(modeLine(plan), goTo(CHAIN.FORWARDED))]),
      ];
    case 'firewall':
    case 'firewall-dmz':
      return [
        ...passage(plan),
        toDevice(),
        fromWanToDevice(plan),
        fromWanRefused(plan),
        forward('drop', statefulRules(plan)),
      ];
    default:
      return unreachable(mode);
  }
}

function forward(policy: BaseChain['policy'], rules: readonly RulesetRule[]): RulesetChain {
  const base = { type: 'filter', hook: NF_INET.FORWARD, priority: PRIORITY.FILTER, policy } as const;
  return { name: CHAIN.FORWARD, base, rules };
}

/** What is asked of every packet first, whichever connection it belongs to. */
function guards(plan: Plan): RulesetRule[] {
  return [...clampRules(plan), ...blockedRules()];
}

/** Everything let through ends here, so that the bytes of each direction are counted once and whole. */
function passage(plan: Plan): RulesetChain[] {
  const forwarded = {
    name: CHAIN.FORWARDED,
    rules: [
      rule('always: bytes by direction', byDevices(SET.DIRECTIONS)),
      rule('always: let through', accept()),
    ],
  };
  return [...clampChains(plan), ...directionChains(plan), forwarded];
}

function toDevice(): RulesetChain {
  const comment = 'firewall.forwards';
  return {
    name: CHAIN.TO_DEVICE,
    rules: [rule(comment, count(COUNTER.PORT_FORWARDS)), rule(comment, goTo(CHAIN.FORWARDED))],
  };
}

/** The entry in conntrack becomes lasting only when the packet leaves, so what is above a limit takes none. */
function fromWanToDevice(plan: Plan): RulesetChain {
  return {
    name: CHAIN.FROM_WAN_TO_DEVICE,
    rules: [
      rule('always: limits for the WAN', jumpTo(CHAIN.SENDERS)),
      ...totalLimit(plan, TOTAL_RATE.DEVICES),
      rule('firewall.forwards', goTo(CHAIN.TO_DEVICE)),
    ],
  };
}

function fromWanRefused(plan: Plan): RulesetChain {
  const refusal = {
    comment: modeLine(plan),
    counter: COUNTER.WAN_FORWARD,
    reason: REASON.WAN_FORWARD,
  };
  return { name: CHAIN.FROM_WAN_REFUSED, rules: dropRules(plan, refusal) };
}

/**
 * The LAN out, replies in, what was led to a device in; the WAN meets silence, the LAN is told. Errors of ICMPv6, without
 * which IPv6 does not work (RFC 4890 section 4.3.1), are related to a connection and pass with the replies.
 */
function statefulRules(plan: Plan): RulesetRule[] {
  const { hairpin } = plan.options;
  const { antiSpoof } = plan.features;
  const [fromLan, toLan, toWan] = [inDevice(SET.LAN), outDevice(SET.LAN), outDevice(SET.WAN)];
  const isLed = hasConnectionStatus(IPS.DST_NAT);
  const refusal = {
    comment: modeLine(plan),
    counter: COUNTER.LAN_FORWARD,
    reason: REASON.LAN_FORWARD,
  };
  const other = { comment: 'always: other devices', counter: COUNTER.OTHER, reason: REASON.OTHER };
  return [
    ...guards(plan),
    ...knownConnections([rule('always: replies', connectionState(ESTABLISHED), goTo(CHAIN.FORWARDED))]),
    ...(antiSpoof
      ? [rule(modeLine(plan, 'senders that cannot be on the LAN'), fromLan, noWayBack(), goTo(CHAIN.SPOOFED))]
      : []),
    rule(
      'always: addresses of the LAN alone (RFC 4193)',
      fromUniqueLocal(),
      toWan,
      count(COUNTER.LAN_FORWARD),
      rejectWith(NFT_REJECT_ICMPX.ADMIN_PROHIBITED),
    ),
    rule(modeLine(plan), fromLan, toWan, goTo(CHAIN.FORWARDED)),
    rule('firewall.forwards', inDevice(SET.WAN), toLan, isLed, goTo(CHAIN.FROM_WAN_TO_DEVICE)),
    ...(hairpin ? [rule('firewall.hairpin', fromLan, toLan, isLed, goTo(CHAIN.TO_DEVICE))] : []),
    rule(modeLine(plan), inDevice(SET.WAN), goTo(CHAIN.FROM_WAN_REFUSED)),
    ...rejectRules(plan, refusal, fromLan),
    ...dropRules(plan, other),
  ];
}
