import { NF_INET } from '../../wire/nftables/constants.ts';
import { NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { masquerade } from './action.ts';
import { CHAIN, TABLE } from './names.ts';
import { ALL_FEATURES, type FirewallOptions } from './options.ts';
import { type Plan, hasWan, isClosed, modeLine } from './plan.ts';
import { PRIORITY, type Ruleset, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import { accept, connectionState, drop, inDeviceIs, isIpv4Packet, outDeviceIs } from './statement.ts';

/**
 * For a kernel that refuses the ruleset of a mode however much is left out of it: about ten rules without sets, maps,
 * limits or anything else that might be a module. The LAN manages the box and, where the mode says so, goes out; nothing
 * begins on the WAN. Forwards, services on the WAN and IPv6 there are missing.
 */
export function minimalRuleset(options: FirewallOptions): Ruleset {
  const plan: Plan = { options, features: ALL_FEATURES };
  return {
    table: TABLE,
    comment: 'made by gatepost, as little as any kernel takes',
    counters: [],
    sets: [],
    chains: [input(options), forward(plan), ...(hasWan(plan) ? [sourceNat(plan)] : [])],
  };
}

function known(): RulesetRule {
  const { ESTABLISHED, RELATED } = NF_CT_STATE;
  return rule('always: replies', connectionState(ESTABLISHED | RELATED), accept());
}

/** A rule of its own shows in a listing what the policy did. */
function dropped(comment: string): RulesetRule {
  return rule(comment, [{ kind: 'counter' }], drop());
}

function input({ lan }: FirewallOptions): RulesetChain {
  return {
    name: CHAIN.INPUT,
    base: { type: 'filter', hook: NF_INET.LOCAL_IN, priority: PRIORITY.FILTER, policy: 'drop' },
    rules: [
      rule('always: loopback', inDeviceIs('lo'), accept()),
      known(),
      ...lan.map((device) => rule('lan.devices', inDeviceIs(device), accept())),
      dropped('always: everything else'),
    ],
  };
}

function forward(plan: Plan): RulesetChain {
  const { mode, lan, wan } = plan.options;
  const policy = mode === 'router' ? 'accept' : 'drop';
  const out = lan.flatMap((from) =>
    wan.map((to) => rule(modeLine(plan), inDeviceIs(from), outDeviceIs(to), accept())),
  );
  return {
    name: CHAIN.FORWARD,
    base: { type: 'filter', hook: NF_INET.FORWARD, priority: PRIORITY.FILTER, policy },
    rules: [
      ...(isClosed(plan) ? [known(), ...out] : []),
      policy === 'accept' ? rule(modeLine(plan), accept()) : dropped(modeLine(plan)),
    ],
  };
}

/** Empty in mode router, see natChains(). */
function sourceNat(plan: Plan): RulesetChain {
  const rules = plan.options.wan.map((device) =>
    rule(modeLine(plan), outDeviceIs(device), isIpv4Packet(), masquerade()),
  );
  return {
    name: CHAIN.SOURCE_NAT,
    base: { type: 'nat', hook: NF_INET.POST_ROUTING, priority: PRIORITY.SRCNAT, policy: 'accept' },
    rules: isClosed(plan) ? rules : [],
  };
}
