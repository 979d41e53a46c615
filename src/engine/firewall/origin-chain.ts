import { NF_INET } from '../../wire/nftables/constants.ts';
import { dropRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { type Plan, isClosed, modeLine } from './plan.ts';
import { PRIORITY, type RulesetChain, type RulesetSet, rule } from './ruleset.ts';
import {
  TCP_FLAG,
  accept,
  fromLinkLocal,
  goTo,
  inDeviceNot,
  isUdp,
  noWayBack,
  sourceIn,
  tcpFlagsNotIn,
} from './statement.ts';

const { FIN, SYN, RST, ACK, URG } = TCP_FLAG;

/** PSH, ECE and CWR may stand beside all others. */
const TELLING_FLAGS = FIN | SYN | RST | ACK | URG;

/** What TCP sends (RFC 9293 section 3.10); all else, NULL and "Xmas" among it, is made by scanners. */
const REAL_FLAGS = [
  SYN,
  SYN | URG,
  SYN | ACK,
  RST,
  RST | ACK,
  FIN | ACK,
  FIN | ACK | URG,
  ACK,
  ACK | URG,
] as const;

/** Ports of DHCP (RFC 2131 section 4.1), from the server to the client. */
export const DHCP_REPLY = { from: 67, to: 68 } as const;

const SPOOFED = 'senders that cannot be on the WAN';
const MALFORMED = 'always: packets that no system sends';

export function malformedChain(plan: Plan): RulesetChain {
  const refusal = { comment: MALFORMED, counter: COUNTER.MALFORMED, reason: REASON.MALFORMED };
  return { name: CHAIN.MALFORMED, rules: dropRules(plan, refusal) };
}

function spoofedChain(plan: Plan): RulesetChain {
  const comment = modeLine(plan, 'senders that cannot be where they come from');
  const refusal = { comment, counter: COUNTER.SPOOFED, reason: REASON.SPOOFED };
  return { name: CHAIN.SPOOFED, rules: dropRules(plan, refusal) };
}

/** The flags that TCP sends, in a mode that asks for them. */
export function tcpFlagSets(plan: Plan): RulesetSet[] {
  if (!isClosed(plan) || !plan.features.antiSpoof) return [];
  const elements = REAL_FLAGS.map((flags) => ({ key: Uint8Array.of(flags) }));
  return [{ name: SET.TCP_FLAGS, comment: MALFORMED, key: ['tcp_flag'], interval: false, elements }];
}

/**
 * Whether a packet from the WAN can be from there at all. It is asked before conntrack, so that a flood of made-up
 * senders costs no entry there; the price is that every packet of a download is asked, so it is asked little. The way
 * back to a sender of the LAN leads to the LAN.
 */
export function originChains(plan: Plan): RulesetChain[] {
  if (!isClosed(plan)) return [];
  const comment = modeLine(plan, SPOOFED);
  const rules = plan.features.antiSpoof
    ? [
        rule(MALFORMED, tcpFlagsNotIn(SET.TCP_FLAGS, TELLING_FLAGS), goTo(CHAIN.MALFORMED)),
        rule(comment, noWayBack(), goTo(CHAIN.NO_WAY_BACK)),
      ]
    : [rule(comment, sourceIn(SET.LAN_NETWORKS), goTo(CHAIN.NO_WAY_BACK))];
  const origin: RulesetChain = {
    name: CHAIN.ORIGIN,
    base: { type: 'filter', hook: NF_INET.PRE_ROUTING, priority: PRIORITY.RAW, policy: 'accept' },
    rules: [rule(modeLine(plan, 'only the WAN is asked'), inDeviceNot(SET.WAN), accept()), ...rules],
  };
  return [spoofedChain(plan), noWayBackChain(plan), origin];
}

/**
 * DHCP comes from servers to which there is no route yet; the box reads it before all this, but it is no concern of the
 * log. A link-local sender is by its nature on the link it comes from, also while the box has no such address there.
 */
function noWayBackChain(plan: Plan): RulesetChain {
  return {
    name: CHAIN.NO_WAY_BACK,
    rules: [
      rule('always: DHCP comes before routes', isUdp(DHCP_REPLY.from, DHCP_REPLY.to), accept()),
      rule('always: link-local senders are neighbours', fromLinkLocal(), accept()),
      rule(modeLine(plan, SPOOFED), goTo(CHAIN.SPOOFED)),
    ],
  };
}
