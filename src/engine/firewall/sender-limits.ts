import { above, sender6Above, senderAbove } from './action.ts';
import type { Rate } from './action.ts';
import { dropRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { type Plan, hasWan } from './plan.ts';
import { MAX_SENDERS, SENDER_MEMORY, SENDER_RATE } from './rates.ts';
import { type RulesetChain, type RulesetRule, type RulesetSet, rule } from './ruleset.ts';
import { IPPROTO, TCP_FLAG, goTo, hasOtherTcpFlags, isProtocol } from './statement.ts';

const COMMENT = 'always: limits for the WAN';
const { FIN, SYN, RST, ACK } = TCP_FLAG;

const LIMITS: readonly {
  readonly set: string;
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly rate: Rate;
}[] = [
  { set: SET.TCP_SENDERS, family: 4, protocol: IPPROTO.TCP, rate: SENDER_RATE.TCP },
  { set: SET.TCP_SENDERS6, family: 6, protocol: IPPROTO.TCP, rate: SENDER_RATE.TCP },
  { set: SET.UDP_SENDERS, family: 4, protocol: IPPROTO.UDP, rate: SENDER_RATE.UDP },
  { set: SET.UDP_SENDERS6, family: 6, protocol: IPPROTO.UDP, rate: SENDER_RATE.UDP },
  { set: SET.ICMP_SENDERS, family: 4, protocol: IPPROTO.ICMP, rate: SENDER_RATE.ICMP },
  { set: SET.ICMP_SENDERS6, family: 6, protocol: IPPROTO.ICMPV6, rate: SENDER_RATE.ICMP },
];

function isLimited(plan: Plan): boolean {
  return hasWan(plan) && plan.features.limits;
}

/** The senders that are remembered; rules fill them. */
export function senderSets(plan: Plan): RulesetSet[] {
  if (!isLimited(plan)) return [];
  return LIMITS.map(({ set, family }) => ({
    name: set,
    comment: COMMENT,
    key: [family === 4 ? 'ipv4_addr' : 'ipv6_addr'],
    interval: false,
    dynamic: { size: MAX_SENDERS, timeout: SENDER_MEMORY },
    elements: [],
  }));
}

/**
 * What a newcomer from the WAN passes before it is let in. Only those come here that would be let in otherwise, so that
 * a flood of what is refused anyway takes nothing from anybody. TCP begins with SYN: an ACK scan would learn from the
 * resets of what lies behind the box, and nothing of an old connection that conntrack forgot is worth that.
 */
export function senderChains(plan: Plan): RulesetChain[] {
  const first = 'always: TCP begins with SYN';
  const isNoBeginning = hasOtherTcpFlags(SYN, FIN | SYN | RST | ACK);
  const limits = LIMITS.map(({ set, family, protocol, rate }) =>
    rule(
      COMMENT,
      isProtocol(protocol),
      family === 4 ? senderAbove(set, rate) : sender6Above(set, rate),
      goTo(CHAIN.LIMITED),
    ),
  );
  const refusal = { comment: COMMENT, counter: COUNTER.LIMITED, reason: REASON.LIMITED };
  return [
    ...(isLimited(plan) ? [{ name: CHAIN.LIMITED, rules: dropRules(plan, refusal) }] : []),
    {
      name: CHAIN.SENDERS,
      rules: [rule(first, isNoBeginning, goTo(CHAIN.MALFORMED)), ...(isLimited(plan) ? limits : [])],
    },
  ];
}

/** The limit for all newcomers to one place together. */
export function totalLimit(plan: Plan, rate: Rate): RulesetRule[] {
  return isLimited(plan) ? [rule(COMMENT, above(rate), goTo(CHAIN.LIMITED))] : [];
}
