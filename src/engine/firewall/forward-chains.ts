import { unreachable } from '../../base/errors.ts';
import { NF_INET } from '../../wire/nftables/constants.ts';
import { NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { knownConnections } from './input-chains.ts';
import { CHAIN, COUNTER, SET } from './names.ts';
import type { FirewallOptions } from './options.ts';
import { type BaseChain, PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import {
  accept,
  connectionState,
  count,
  countDevices,
  destinationIn,
  drop,
  goTo,
  inDevice,
  inDeviceNot,
  isPortForwarded,
  noWayBack,
  outDevice,
  rejectWith,
  sourceIn,
} from './statement.ts';

const ESTABLISHED = NF_CT_STATE.ESTABLISHED | NF_CT_STATE.RELATED;

/** Packets that go through the box, IPv4 and IPv6 alike, by mode. */
export function forwardChains(options: FirewallOptions): RulesetChain[] {
  switch (options.mode) {
    case 'lan-only':
      return [forward('drop', [rule('mode: lan-only', count(COUNTER.OTHER), drop())])];
    case 'router':
      return [forwarded(), forward('accept', [rule('mode: router', goTo(CHAIN.FORWARDED))])];
    case 'firewall':
    case 'firewall-dmz':
      return [
        forwarded(),
        toDevice(),
        forward('drop', statefulRules(options)),
        spoofedChain(),
        originChain(),
      ];
    default:
      return unreachable(options.mode);
  }
}

function forward(policy: BaseChain['policy'], rules: readonly RulesetRule[]): RulesetChain {
  const base = { type: 'filter', hook: NF_INET.FORWARD, priority: PRIORITY.FILTER, policy } as const;
  return { name: CHAIN.FORWARD, base, rules };
}

/** Everything let through ends here, so that the bytes of each direction are counted once and whole. */
function forwarded(): RulesetChain {
  return {
    name: CHAIN.FORWARDED,
    rules: [
      rule('always: bytes by direction', countDevices(SET.DIRECTIONS)),
      rule('always: let through', accept()),
    ],
  };
}

function toDevice(): RulesetChain {
  const comment = 'firewall.forwards';
  return {
    name: CHAIN.TO_DEVICE,
    rules: [rule(comment, count(COUNTER.PORT_FORWARDS)), rule(comment, goTo(CHAIN.FORWARDED))],
  };
}

/** The LAN out, replies in, port forwards in; the WAN meets silence, the LAN is told. */
function statefulRules({ hairpin }: FirewallOptions): RulesetRule[] {
  const [fromLan, toLan] = [inDevice(SET.LAN), outDevice(SET.LAN)];
  const mode = 'mode: firewall';
  return [
    ...knownConnections([rule('always: replies', connectionState(ESTABLISHED), goTo(CHAIN.FORWARDED))]),
    rule(mode, fromLan, outDevice(SET.WAN), goTo(CHAIN.FORWARDED)),
    rule('firewall.forwards', inDevice(SET.WAN), toLan, isPortForwarded(), goTo(CHAIN.TO_DEVICE)),
    ...(hairpin ? [rule('firewall.hairpin', fromLan, toLan, isPortForwarded(), goTo(CHAIN.TO_DEVICE))] : []),
    rule(mode, inDevice(SET.WAN), count(COUNTER.WAN_FORWARD), drop()),
    rule(mode, fromLan, count(COUNTER.LAN_FORWARD), rejectWith(NFT_REJECT_ICMPX.ADMIN_PROHIBITED)),
    rule('always: other devices', count(COUNTER.OTHER), drop()),
  ];
}

function spoofedChain(): RulesetChain {
  const comment = 'mode: firewall, senders that cannot be on the WAN';
  return { name: CHAIN.SPOOFED, rules: [rule(comment, count(COUNTER.SPOOFED), drop())] };
}

/**
 * Whether a new packet from the WAN can be from there at all, asked before its destination is translated and after
 * connections are known, so that the packets of a download do not pay for it. DHCP is not concerned: its sockets
 * see packets before this.
 */
function originChain(): RulesetChain {
  const comment = 'mode: firewall, senders that cannot be on the WAN';
  const base = {
    type: 'filter',
    hook: NF_INET.PRE_ROUTING,
    priority: PRIORITY.MANGLE,
    policy: 'accept',
  } as const;
  return {
    name: CHAIN.ORIGIN,
    base,
    rules: [
      rule('mode: firewall, only the WAN is asked', inDeviceNot(SET.WAN), accept()),
      rule('always: replies', connectionState(ESTABLISHED), accept()),
      rule(comment, sourceIn(SET.LAN_NETWORKS), goTo(CHAIN.SPOOFED)),
      rule(
        'mode: firewall, the LAN has no address on the WAN',
        destinationIn(SET.LAN_NETWORKS),
        goTo(CHAIN.SPOOFED),
      ),
      rule(comment, noWayBack(), goTo(CHAIN.SPOOFED)),
    ],
  };
}
