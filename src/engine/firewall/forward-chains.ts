import { unreachable } from '../../base/errors.ts';
import { NF_INET } from '../../wire/nftables/constants.ts';
import { byDevices } from './action.ts';
import { blockedReceivers, blockedSenders } from './blocked-devices.ts';
import { directionChains } from './direction-chains.ts';
import { dropRules, rejectRules } from './drop-rules.ts';
import { inUseRules } from './in-use-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { begunOnLanRefused, fromWanAsked } from './origin-chain.ts';
import { type Plan, modeLine } from './plan.ts';
import { type BaseChain, PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import { accept, goTo, inDevice } from './statement.ts';

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
        ...directionChains(plan),
        forward('accept', [
          ...directions(),
          ...blockedSenders(plan),
          ...blockedReceivers(plan),
          ...begunOnLanRefused(plan, inDevice(SET.WAN)),
          rule(modeLine(plan), accept()),
        ]),
      ];
    case 'firewall':
    case 'firewall-dmz':
      return [
        fromWanRefused(plan),
        ...directionChains(plan),
        forward('drop', [...inUseRules(plan), ...directions(), ...elsewhereRules(plan)]),
      ];
    default:
      return unreachable(mode);
  }
}

function forward(policy: BaseChain['policy'], rules: readonly RulesetRule[]): RulesetChain {
  const base = { type: 'filter', hook: NF_INET.FORWARD, priority: PRIORITY.FILTER, policy } as const;
  return { name: CHAIN.FORWARD, base, rules };
}

function directions(): RulesetRule[] {
  return [rule('always: by direction', byDevices(SET.DIRECTIONS))];
}

function fromWanRefused(plan: Plan): RulesetChain {
  const refusal = {
    comment: modeLine(plan),
    counter: COUNTER.WAN_FORWARD,
    reason: REASON.WAN_FORWARD,
  };
  return { name: CHAIN.FROM_WAN_REFUSED, rules: dropRules(plan, refusal) };
}

/** Between devices that are not the LAN and the WAN goes nothing: the WAN meets silence, the LAN is told. */
function elsewhereRules(plan: Plan): RulesetRule[] {
  const refusal = {
    comment: modeLine(plan),
    counter: COUNTER.LAN_FORWARD,
    reason: REASON.LAN_FORWARD,
  };
  const other = { comment: 'always: other devices', counter: COUNTER.OTHER, reason: REASON.OTHER };
  return [
    ...fromWanAsked(plan),
    rule(modeLine(plan), inDevice(SET.WAN), goTo(CHAIN.FROM_WAN_REFUSED)),
    ...rejectRules(plan, refusal, inDevice(SET.LAN)),
    ...dropRules(plan, other),
  ];
}
