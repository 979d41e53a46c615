import { NF_INET } from '../../wire/nftables/constants.ts';
import { NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { CHAIN, COUNTER, SET } from './names.ts';
import { PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import {
  IPPROTO,
  accept,
  connectionState,
  count,
  countPort,
  drop,
  fromLinkLocal,
  fromThisLink,
  goTo,
  inDevice,
  inDeviceIs,
  isIcmp,
  isIcmpv6,
  isProtocol,
  rejectWith,
  rejectWithReset,
  upTo,
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

/** Pings from the Internet that the box answers: far more than a person or a monitor sends, far less than a flood. */
const PING = { perSecond: 20, burst: 40 } as const;

const ESTABLISHED = NF_CT_STATE.ESTABLISHED | NF_CT_STATE.RELATED;

/** Rules at the head of a filter chain: replies and errors of known connections on, what belongs to none away. */
export function knownConnections(onward: readonly RulesetRule[]): RulesetRule[] {
  return [
    ...onward,
    rule('always: packets that fit no connection', connectionState(NF_CT_STATE.INVALID), goTo(CHAIN.INVALID)),
  ];
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
    rule(listener, isIcmpv6(LISTENER_QUERY, LISTENER_DONE), fromLinkLocal(), accept()),
    rule(listener, isIcmpv6(LISTENER_REPORT_V2), fromLinkLocal(), accept()),
  ];
}

/** Packets to the box itself. `fromWan` is undefined where there is no WAN. */
export function inputChains(fromWan: RulesetChain | undefined): RulesetChain[] {
  const roles = [
    rule('lan.devices', inDevice(SET.LAN), goTo(CHAIN.FROM_LAN)),
    ...(fromWan === undefined ? [] : [rule('wan.device', inDevice(SET.WAN), goTo(CHAIN.FROM_WAN))]),
  ];
  const input: RulesetChain = {
    name: CHAIN.INPUT,
    base: { type: 'filter', hook: NF_INET.LOCAL_IN, priority: PRIORITY.FILTER, policy: 'drop' },
    rules: [
      rule('always: loopback', inDeviceIs('lo'), accept()),
      ...knownConnections([rule('always: replies', connectionState(ESTABLISHED), accept())]),
      ...neighbourRules(),
      ...roles,
      rule('always: other devices', count(COUNTER.OTHER), drop()),
    ],
  };
  return [invalidChain(), fromLanChain(), ...(fromWan === undefined ? [] : [fromWan]), input];
}

function invalidChain(): RulesetChain {
  const comment = 'always: packets that fit no connection';
  return { name: CHAIN.INVALID, rules: [rule(comment, count(COUNTER.INVALID), drop())] };
}

/** The LAN: pings and the services; everything else is told at once that there is nothing. */
function fromLanChain(): RulesetChain {
  const refused = 'always: no such service on the LAN';
  return {
    name: CHAIN.FROM_LAN,
    rules: [
      rule('services of the box on the LAN', countPort(SET.LAN_SERVICES), accept()),
      rule('always: pings from the LAN', isIcmp(ICMP_ECHO_REQUEST), accept()),
      rule('always: pings from the LAN', isIcmpv6(ICMPV6.ECHO_REQUEST), accept()),
      rule(refused, count(COUNTER.LAN_INPUT)),
      rule(refused, isProtocol(IPPROTO.TCP), rejectWithReset()),
      rule(refused, rejectWith(NFT_REJECT_ICMPX.PORT_UNREACH)),
    ],
  };
}

/** The WAN: what the owner opened; everything else meets silence. */
export function fromWanChain(pingFromWan: boolean): RulesetChain {
  const pings = [isIcmp(ICMP_ECHO_REQUEST), isIcmpv6(ICMPV6.ECHO_REQUEST)].map((ping) =>
    rule('firewall.pingFromWan', ping, upTo(PING.perSecond, PING.burst), accept()),
  );
  return {
    name: CHAIN.FROM_WAN,
    rules: [
      rule('firewall.publicServices', countPort(SET.PUBLIC_SERVICES), accept()),
      ...(pingFromWan ? pings : []),
      rule('always: everything else from the WAN', count(COUNTER.WAN_INPUT), drop()),
    ],
  };
}

/** What the box sends itself is not filtered. */
export function outputChain(): RulesetChain {
  return {
    name: CHAIN.OUTPUT,
    base: { type: 'filter', hook: NF_INET.LOCAL_OUT, priority: PRIORITY.FILTER, policy: 'accept' },
    rules: [],
  };
}
