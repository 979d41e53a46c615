import { NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { dropRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { type Plan, hasWan, isClosed, modeLine } from './plan.ts';
import { type RulesetChain, type RulesetRule, type RulesetSet, rule } from './ruleset.ts';
import {
  type Statement,
  TCP_FLAG,
  connectionState,
  fromLinkLocal,
  goBack,
  goTo,
  inDevice,
  isUdp,
  jumpTo,
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
const ASKED = 'who sends from the WAN is asked';
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
 * Whether a packet from the WAN can be from there at all: the way back to a sender of the LAN leads to the LAN. Asking
 * costs as much as all other rules together, so replies that can be from nowhere else are not asked (see
 * direction-chains.ts), and it is asked behind conntrack, which knows them. Its entry for a packet that is dropped here
 * goes with the packet; only what leaves the box is entered into the table.
 */
export function originChains(plan: Plan): RulesetChain[] {
  if (!hasWan(plan)) return [];
  if (!isClosed(plan)) return [spoofedChain(plan)];
  const comment = modeLine(plan, SPOOFED);
  const rules = plan.features.antiSpoof
    ? [
        rule(MALFORMED, tcpFlagsNotIn(SET.TCP_FLAGS, TELLING_FLAGS), goTo(CHAIN.MALFORMED)),
        rule(comment, noWayBack(), goTo(CHAIN.NO_WAY_BACK)),
      ]
    : [rule(comment, sourceIn(SET.LAN_NETWORKS), goTo(CHAIN.NO_WAY_BACK))];
  return [spoofedChain(plan), noWayBackChain(plan), { name: CHAIN.ORIGIN, rules }];
}

/** Behind it comes only what can be from the WAN, and what has not come by the WAN. */
export function fromWanAsked(plan: Plan): RulesetRule[] {
  return isClosed(plan) ? [rule(modeLine(plan, ASKED), inDevice(SET.WAN), jumpTo(CHAIN.ORIGIN))] : [];
}

/** The same where only packets from the WAN come. */
export function allAsked(plan: Plan): RulesetRule {
  return rule(modeLine(plan, ASKED), jumpTo(CHAIN.ORIGIN));
}

/**
 * Mode router: what begins on the WAN has no address of the LAN's own networks. Answers to it would stay on the LAN, so
 * nothing that works sends it, and devices trust their own network. What lies behind other routers may come by any
 * way, so nobody else is asked, nor what is known: asking for the state is most of the cost.
 */
export function begunOnLanRefused(plan: Plan, ...match: readonly Statement[]): RulesetRule[] {
  if (!hasWan(plan) || isClosed(plan)) return [];
  return [
    rule(
      modeLine(plan, SPOOFED),
      ...match,
      connectionState(NF_CT_STATE.NEW | NF_CT_STATE.INVALID | NF_CT_STATE.UNTRACKED),
      sourceIn(SET.LAN_NETWORKS),
      goTo(CHAIN.SPOOFED),
    ),
  ];
}

/**
 * DHCP comes from servers to which there is no route yet; the box reads it before all this, but it is no concern of the
 * log. A link-local sender is by its nature on the link it comes from, also while the box has no such address there.
 */
function noWayBackChain(plan: Plan): RulesetChain {
  return {
    name: CHAIN.NO_WAY_BACK,
    rules: [
      rule('always: DHCP comes before routes', isUdp(DHCP_REPLY.from, DHCP_REPLY.to), goBack()),
      rule('always: link-local senders are neighbours', fromLinkLocal(), goBack()),
      rule(modeLine(plan, SPOOFED), goTo(CHAIN.SPOOFED)),
    ],
  };
}
