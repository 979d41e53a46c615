import { NF_INET } from '../../wire/nftables/constants.ts';
import { NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { count, countPort, rejectWith, rejectWithReset } from './action.ts';
import { dropRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { DHCP_REPLY, begunOnLanRefused, fromWanAsked, malformedChain } from './origin-chain.ts';
import { type Plan, hasWan, isClosed, modeLine } from './plan.ts';
import { TOTAL_RATE } from './rates.ts';
import { PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import { senderChains, totalLimit } from './sender-limits.ts';
import {
  IPPROTO,
  accept,
  connectionState,
  destinationIn,
  drop,
  fromThisLink,
  goTo,
  inDevice,
  inDeviceIs,
  isIcmp,
  isIcmpv6,
  isIcmpv6FromLinkLocal,
  isProtocol,
  isUdp,
  jumpTo,
} from './statement.ts';

/** Types of RFC 792, RFC 4443, RFC 4861, RFC 2710 and RFC 3810. */
const ICMP_ECHO_REQUEST = 8;
const ICMPV6 = {
  ECHO_REQUEST: 128,
  LISTENER_QUERY: 130,
  LISTENER_DONE: 132,
  ROUTER_SOLICIT: 133,
  NEIGHBOR_ADVERT: 136,
  LISTENER_REPORT_V2: 143,
} as const;

const ESTABLISHED = NF_CT_STATE.ESTABLISHED | NF_CT_STATE.RELATED;
const INVALID = 'always: packets that fit no connection';

/** What belongs to no connection, a stray reset for example, and is not the beginning of one; for `states` of NF_CT_STATE. */
export function invalidRule(states: number): RulesetRule {
  return rule(INVALID, connectionState(states), goTo(CHAIN.INVALID));
}

/**
 * What IPv6 does not work without (RFC 4890 section 4.4.1): neighbour discovery, which a hop limit of 255 proves to
 * be from this link, and multicast listener messages. Errors, Packet Too Big among them, are `related`.
 */
function neighbourRules(): RulesetRule[] {
  const { ROUTER_SOLICIT, NEIGHBOR_ADVERT, LISTENER_QUERY, LISTENER_DONE, LISTENER_REPORT_V2 } = ICMPV6;
  const listener = 'always: multicast listeners (RFC 4890)';
  return [
    rule(
      'always: neighbour discovery (RFC 4890)',
      isIcmpv6(ROUTER_SOLICIT, NEIGHBOR_ADVERT),
      fromThisLink(),
      accept(),
    ),
    rule(listener, isIcmpv6FromLinkLocal(LISTENER_QUERY, LISTENER_DONE), accept()),
    rule(listener, isIcmpv6FromLinkLocal(LISTENER_REPORT_V2), accept()),
  ];
}

/** Packets to the box itself. */
export function inputChains(plan: Plan): RulesetChain[] {
  const input: RulesetChain = {
    name: CHAIN.INPUT,
    base: { type: 'filter', hook: NF_INET.LOCAL_IN, priority: PRIORITY.FILTER, policy: 'drop' },
    rules: [
      rule('always: loopback', inDeviceIs('lo'), accept()),
      ...fromWanAsked(plan),
      rule('always: replies', connectionState(ESTABLISHED), accept()),
      // Neighbour discovery is untracked.
      invalidRule(NF_CT_STATE.INVALID),
      ...neighbourRules(),
      rule('lan.devices', inDevice(SET.LAN), goTo(CHAIN.FROM_LAN)),
      ...(hasWan(plan) ? [rule('wan.device', inDevice(SET.WAN), goTo(CHAIN.FROM_WAN))] : []),
      ...dropRules(plan, {
        comment: 'always: other devices',
        counter: COUNTER.OTHER,
        reason: REASON.OTHER,
      }),
    ],
  };
  return [invalidChain(plan), fromLanChain(), ...(hasWan(plan) ? fromWanChains(plan) : []), input];
}

function invalidChain(plan: Plan): RulesetChain {
  const refusal = { comment: INVALID, counter: COUNTER.INVALID, reason: REASON.INVALID };
  return { name: CHAIN.INVALID, rules: dropRules(plan, refusal) };
}

/** The LAN: pings and the services; everything else is told at once that there is nothing. */
function fromLanChain(): RulesetChain {
  const refused = 'always: no such service on the LAN';
  return {
    name: CHAIN.FROM_LAN,
    rules: [
      rule('always: services of the box on the LAN', countPort(SET.LAN_SERVICES), accept()),
      rule('always: pings from the LAN', isIcmp(ICMP_ECHO_REQUEST), accept()),
      rule('always: pings from the LAN', isIcmpv6(ICMPV6.ECHO_REQUEST), accept()),
      rule(refused, count(COUNTER.LAN_INPUT)),
      rule(refused, isProtocol(IPPROTO.TCP), rejectWithReset()),
      rule(refused, rejectWith(NFT_REJECT_ICMPX.PORT_UNREACH)),
    ],
  };
}

/** The WAN: what the owner opened; everything else meets silence. */
function fromWanChains(plan: Plan): RulesetChain[] {
  const { mode, pingFromWan } = plan.options;
  const isPinged = pingFromWan && mode !== 'firewall-dmz';
  const limits = rule('always: limits for the WAN', jumpTo(CHAIN.SENDERS));
  const refusal = {
    comment: mode === 'firewall-dmz' ? modeLine(plan) : 'always: everything else from the WAN',
    counter: COUNTER.WAN_INPUT,
    reason: REASON.WAN_INPUT,
  };
  const fromWan: RulesetChain = {
    name: CHAIN.FROM_WAN,
    rules: [
      ...(isClosed(plan)
        ? [
            rule(
              modeLine(plan, 'the LAN has no address on the WAN'),
              destinationIn(SET.LAN_NETWORKS),
              goTo(CHAIN.SPOOFED),
            ),
          ]
        : begunOnLanRefused(plan)),
      rule('firewall.publicServices', countPort(SET.PUBLIC_SERVICES), goTo(CHAIN.TO_SERVICE)),
      ...(isPinged
        ? [isIcmp(ICMP_ECHO_REQUEST), isIcmpv6(ICMPV6.ECHO_REQUEST)].map((ping) =>
            rule('firewall.pingFromWan', ping, goTo(CHAIN.PINGED)),
          )
        : []),
      rule('always: DHCP is read before this', isUdp(DHCP_REPLY.from, DHCP_REPLY.to), drop()),
      ...dropRules(plan, refusal),
    ],
  };
  const toService: RulesetChain = {
    name: CHAIN.TO_SERVICE,
    rules: [limits, ...totalLimit(plan, TOTAL_RATE.SERVICES), rule('firewall.publicServices', accept())],
  };
  const pinged: RulesetChain = {
    name: CHAIN.PINGED,
    rules: [
      limits,
      ...totalLimit(plan, TOTAL_RATE.PINGS),
      rule('firewall.pingFromWan', count(COUNTER.PINGS), accept()),
    ],
  };
  return [malformedChain(plan), ...senderChains(plan), toService, ...(isPinged ? [pinged] : []), fromWan];
}
