import { NF_INET } from '../../wire/nftables/constants.ts';
import { IPS } from '../../wire/nftables/expression/ct.ts';
import { appearBySource, leadByDestination, leadByDevice, leadByPort, leadTo, masquerade } from './action.ts';
import { CHAIN, SET } from './names.ts';
import { DHCP_REPLY } from './origin-chain.ts';
import { type Plan, hasWan, isClosed, modeLine } from './plan.ts';
import { PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import {
  IPPROTO,
  accept,
  destinationNotIn,
  destinationNotLoopback,
  goTo,
  hasConnectionStatus,
  inDevice,
  isIpv4Packet,
  isProtocol,
  isProtocolNot,
  isUdp,
  jumpTo,
  outDevice,
  portNotIn,
  sourceIn,
  toTheBox,
} from './statement.ts';

/**
 * Translation of addresses, asked once for each connection. The base chains are there in mode router too, empty: with
 * the last of them the kernel takes its hooks for translation away (nf_nat_unregister_fn()), and the packets of
 * connections that are translated would from then on go out as they are.
 */
export function natChains(plan: Plan): RulesetChain[] {
  if (!hasWan(plan)) return [];
  const destination = {
    name: CHAIN.PORT_FORWARDS,
    base: { type: 'nat', hook: NF_INET.PRE_ROUTING, priority: PRIORITY.DSTNAT, policy: 'accept' },
  } as const;
  const source = {
    name: CHAIN.SOURCE_NAT,
    base: { type: 'nat', hook: NF_INET.POST_ROUTING, priority: PRIORITY.SRCNAT, policy: 'accept' },
  } as const;
  if (!isClosed(plan)) return [destination, source].map((chain) => ({ ...chain, rules: [] }));
  return [
    translateChain(),
    ...sideChains(plan),
    { ...destination, rules: destinationRules(plan) },
    { ...source, rules: sourceRules(plan) },
  ];
}

/** Family and protocol are known here, but nft can read such a rule only behind a test for both. */
function translateChain(): RulesetChain {
  const comment = 'firewall.forwards';
  const rules = [IPPROTO.TCP, IPPROTO.UDP].flatMap((protocol) => [
    rule(comment, isIpv4Packet(), isProtocol(protocol), leadByPort(SET.FORWARDED_PORTS)),
    rule(comment, isIpv4Packet(), isProtocol(protocol), leadTo(SET.FORWARDS, 'address-and-port')),
    rule(comment, isIpv4Packet(), isProtocol(protocol), leadTo(SET.FORWARDS_SAME_PORT, 'address')),
  ]);
  return { name: CHAIN.TRANSLATE, rules };
}

/**
 * Forwards, then the exposed host for what they and the services of the box leave: for the LAN those are other services
 * than for the WAN. DHCP and pings are the box's own. Both maps may be empty.
 */
function sideChains({ options }: Plan): RulesetChain[] {
  const chain = (name: string, services: string): RulesetChain => ({
    name,
    rules: [
      rule('firewall.forwards', jumpTo(CHAIN.TRANSLATE)),
      rule('always: DHCP is for the box', isUdp(DHCP_REPLY.from, DHCP_REPLY.to), accept()),
      rule(
        'firewall.exposedHost',
        isIpv4Packet(),
        isProtocolNot(IPPROTO.ICMP),
        portNotIn(services),
        leadByDevice(SET.EXPOSED_HOST),
      ),
    ],
  });
  return [
    chain(CHAIN.TRANSLATE_FROM_WAN, SET.PUBLIC_SERVICES),
    ...(options.hairpin ? [chain(CHAIN.TRANSLATE_FROM_LAN, SET.LAN_SERVICES)] : []),
  ];
}

/**
 * Forwards are for any address of the box but those on the LAN, under which its own services answer; so no rule names
 * the address of the WAN. Loopback is of the box too: routing drops what comes by a wire for it, but is asked only for the
 * destination that was translated, and the answers would leave from 127.0.0.1. Addresses that belong to a device are
 * keys of a map.
 */
function destinationRules({ options }: Plan): RulesetRule[] {
  const lead = (from: string, oneToOne: string, forwards: string, onward: string): RulesetRule[] => [
    rule(oneToOne, inDevice(from), leadByDestination(SET.ONE_TO_ONE)),
    rule(
      forwards,
      inDevice(from),
      destinationNotIn(SET.LAN_NETWORKS),
      destinationNotLoopback(),
      toTheBox(),
      goTo(onward),
    ),
  ];
  const { hairpin } = options;
  return [
    ...lead(SET.WAN, 'firewall.oneToOne', 'firewall.forwards', CHAIN.TRANSLATE_FROM_WAN),
    ...(hairpin ? lead(SET.LAN, 'firewall.hairpin', 'firewall.hairpin', CHAIN.TRANSLATE_FROM_LAN) : []),
  ];
}

function sourceRules(plan: Plan): RulesetRule[] {
  // The device would answer its neighbour directly, from an address the neighbour never asked.
  const fromTheBox = rule(
    'firewall.hairpin',
    sourceIn(SET.LAN_NETWORKS),
    outDevice(SET.LAN),
    hasConnectionStatus(IPS.DST_NAT),
    masquerade(),
  );
  return [
    rule('firewall.oneToOne', outDevice(SET.WAN), appearBySource(SET.ONE_TO_ONE_SOURCE)),
    rule(modeLine(plan), outDevice(SET.WAN), isIpv4Packet(), masquerade()),
    ...(plan.options.hairpin ? [fromTheBox] : []),
  ];
}
