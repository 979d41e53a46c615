import { IPS } from '../../wire/nftables/expression/ct.ts';
import { count, takeShortWay } from './action.ts';
import { addressCounts } from './address-counts.ts';
import { rejectRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { type Plan, isClosed, modeLine } from './plan.ts';
import {
  type RulesetChain,
  type RulesetElement,
  type RulesetRule,
  type RulesetSet,
  rule,
} from './ruleset.ts';
import {
  IPPROTO,
  accept,
  connectionStatus,
  deviceKey,
  goTo,
  goesForward,
  isIpv4Packet,
  isProtocol,
} from './statement.ts';
import { NFT_VERDICT } from '../../wire/nftables/constants.ts';

/** A map from the devices a packet comes in and goes out by to the chain of that direction. */
export function directionSet({ options: { wan, lan } }: Plan): RulesetSet {
  const pairs = (from: readonly string[], to: readonly string[], chain: string): RulesetElement[] =>
    from.flatMap((a) =>
      to.map((b) => ({
        key: Uint8Array.of(...deviceKey(a), ...deviceKey(b)),
        value: { verdict: { code: NFT_VERDICT.GOTO, chain } },
      })),
    );
  return {
    name: SET.DIRECTIONS,
    comment: 'wan.device, lan.devices',
    key: ['ifname', 'ifname'],
    value: ['verdict'],
    interval: false,
    elements: [
      ...pairs(lan, wan, CHAIN.LAN_TO_WAN),
      ...pairs(wan, lan, CHAIN.WAN_TO_LAN),
      ...pairs(lan, lan, CHAIN.LAN_TO_LAN),
    ],
  };
}

/** What is let through, by its direction: counted, and let go. */
export function directionChains(plan: Plan): RulesetChain[] {
  const comment = 'always: bytes by direction';
  const chain = (name: string, counter: string, rules: Partial<Record<'first' | 'last', RulesetRule[]>>) => ({
    name,
    rules: [
      ...(rules.first ?? []),
      rule(comment, count(counter)),
      ...(rules.last ?? []),
      ...shortWay(plan),
      rule('always: let through', accept()),
    ],
  });
  return [
    ...leakedChains(plan),
    chain(CHAIN.LAN_TO_WAN, COUNTER.LAN_TO_WAN, {
      first: leakGuard(plan),
      last: addressCounts(plan, 'upload'),
    }),
    chain(CHAIN.WAN_TO_LAN, COUNTER.WAN_TO_LAN, {
      first: beginningGuard(plan),
      last: addressCounts(plan, 'download'),
    }),
    chain(CHAIN.LAN_TO_LAN, COUNTER.LAN_TO_LAN, {}),
  ];
}

const UNTRANSLATED = 'connections that were not translated when they began';

/**
 * A connection keeps the addresses it began with. What began in mode router would go on to leave under its address of
 * the LAN: conntrack has an entry, so it is not the first packet, and neither side of it is translated.
 */
function leakGuard(plan: Plan): RulesetRule[] {
  if (!isClosed(plan)) return [];
  const isLeak = connectionStatus(IPS.CONFIRMED, IPS.CONFIRMED | IPS.SRC_NAT | IPS.DST_NAT);
  return [rule(modeLine(plan, UNTRANSLATED), isIpv4Packet(), isLeak, goTo(CHAIN.LEAKED))];
}

/** Nothing goes on that began on the WAN, but what was led to a device: in mode router it could begin. */
function beginningGuard(plan: Plan): RulesetRule[] {
  if (!isClosed(plan)) return [];
  const isPlain = connectionStatus(0, IPS.DST_NAT);
  return [rule(modeLine(plan), goesForward(), isPlain, goTo(CHAIN.FROM_WAN_REFUSED))];
}

/** A reset ends the connection of the LAN device, which then begins one that is translated. */
function leakedChains(plan: Plan): RulesetChain[] {
  if (!isClosed(plan)) return [];
  const refusal = {
    comment: modeLine(plan, UNTRANSLATED),
    counter: COUNTER.LEAKED,
    reason: REASON.LEAKED,
  };
  return [{ name: CHAIN.LEAKED, rules: rejectRules(plan, refusal) }];
}

/** Last of all, so that nothing takes the short way that a rule has not let through. */
function shortWay({ options, features }: Plan): RulesetRule[] {
  if (options.offload.length === 0 || !features.offload) return [];
  return [IPPROTO.TCP, IPPROTO.UDP].map((protocol) =>
    rule('firewall.offload', isProtocol(protocol), takeShortWay()),
  );
}
