import { NF_INET } from '../../wire/nftables/constants.ts';
import { CHAIN, SET } from './names.ts';
import type { FirewallOptions } from './options.ts';
import { PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import {
  IPPROTO,
  destinationNotIn,
  goTo,
  inDevice,
  isIpv4Packet,
  isPortForwarded,
  isProtocol,
  leadTo,
  masquerade,
  outDevice,
  sourceIn,
  toTheBox,
} from './statement.ts';

/** Translation of addresses, asked once for each connection. */
export function natChains({ hairpin }: FirewallOptions): RulesetChain[] {
  return [translateChain(), portForwardChain(hairpin), sourceNatChain(hairpin)];
}

/** Family and protocol are known here, but nft can read such a rule only behind a test for both. */
function translateChain(): RulesetChain {
  const comment = 'firewall.forwards';
  const rules = [IPPROTO.TCP, IPPROTO.UDP].flatMap((protocol) => [
    rule(comment, isIpv4Packet(), isProtocol(protocol), leadTo(SET.FORWARDS, 'address-and-port')),
    rule(comment, isIpv4Packet(), isProtocol(protocol), leadTo(SET.FORWARDS_SAME_PORT, 'address')),
  ]);
  return { name: CHAIN.TRANSLATE, rules };
}

/**
 * Port forwards are for any address of the box but those on the LAN, under which its own services answer; so no
 * rule names the address of the WAN.
 */
function portForwardChain(hairpin: boolean): RulesetChain {
  const lead = (comment: string, from: string): RulesetRule =>
    rule(comment, inDevice(from), destinationNotIn(SET.LAN_NETWORKS), toTheBox(), goTo(CHAIN.TRANSLATE));
  return {
    name: CHAIN.PORT_FORWARDS,
    base: { type: 'nat', hook: NF_INET.PRE_ROUTING, priority: PRIORITY.DSTNAT, policy: 'accept' },
    rules: [lead('firewall.forwards', SET.WAN), ...(hairpin ? [lead('firewall.hairpin', SET.LAN)] : [])],
  };
}

function sourceNatChain(hairpin: boolean): RulesetChain {
  // The device would answer its neighbour directly, from an address the neighbour never asked.
  const fromTheBox = rule(
    'firewall.hairpin',
    sourceIn(SET.LAN_NETWORKS),
    outDevice(SET.LAN),
    isPortForwarded(),
    masquerade(),
  );
  return {
    name: CHAIN.SOURCE_NAT,
    base: { type: 'nat', hook: NF_INET.POST_ROUTING, priority: PRIORITY.SRCNAT, policy: 'accept' },
    rules: [
      rule('mode: firewall', outDevice(SET.WAN), isIpv4Packet(), masquerade()),
      ...(hairpin ? [fromTheBox] : []),
    ],
  };
}
