import { NF_INET } from '../../wire/nftables/constants.ts';
import { IPS, NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { dropRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { type Plan, isClosed, modeLine } from './plan.ts';
import { PRIORITY, type RulesetChain, type RulesetRule, rule } from './ruleset.ts';
import {
  TCP_FLAG,
  accept,
  connectionState,
  connectionStatus,
  goTo,
  goesForward,
  hasConnectionStatus,
  hasTcpFlags,
  isIcmp,
  isIcmpv6,
  outDevice,
  sourceIn,
} from './statement.ts';

/** Errors of ICMP (RFC 792) and ICMPv6 (RFC 4443 section 2.1) that say something about the box or what is behind it. */
const UNREACHABLE = 3;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const ERRORS_6 = { first: 1, last: 4 } as const;

/** What the box sends itself is not filtered, but for what would tell a stranger of it or of the LAN. */
export function outputChains(plan: Plan): RulesetChain[] {
  const isSilent = plan.options.mode === 'firewall-dmz';
  const output: RulesetChain = {
    name: CHAIN.OUTPUT,
    base: { type: 'filter', hook: NF_INET.LOCAL_OUT, priority: PRIORITY.FILTER, policy: 'accept' },
    rules: [
      ...leakGuard(plan),
      ...(isSilent ? [rule(modeLine(plan), outDevice(SET.WAN), goTo(CHAIN.TO_WAN))] : []),
    ],
  };
  return [...(isSilent ? silentChains(plan) : []), output];
}

/** What has no connection is not translated, nor what had begun before there was translation. */
function leakGuard(plan: Plan): RulesetRule[] {
  if (!isClosed(plan)) return [];
  const { INVALID, UNTRACKED } = NF_CT_STATE;
  const { CONFIRMED, SRC_NAT, DST_NAT } = IPS;
  return [
    connectionState(INVALID | UNTRACKED),
    connectionStatus(CONFIRMED, CONFIRMED | SRC_NAT | DST_NAT),
  ].map((isLeak) =>
    rule(
      modeLine(plan, 'no address of the LAN on the WAN'),
      outDevice(SET.WAN),
      sourceIn(SET.LAN_NETWORKS),
      isLeak,
      goTo(CHAIN.LEAKED),
    ),
  );
}

/**
 * The box is not to be noticed. An error goes the way opposite to the packet it is about: one that goes forward is about
 * a reply to what the box or the LAN began, and such a peer knows of the box anyway. A reset of a connection that was in
 * use ends it in order; one that answers a first packet would say that a port is closed and a box is there.
 */
function silentChains(plan: Plan): RulesetChain[] {
  const { RST } = TCP_FLAG;
  const silence = modeLine(plan, 'strangers get no answer');
  const refusal = { comment: silence, counter: COUNTER.WAN_OUTPUT, reason: REASON.WAN_OUTPUT };
  const silenced = [
    isIcmp(UNREACHABLE),
    isIcmp(TIME_EXCEEDED, PARAMETER_PROBLEM),
    isIcmpv6(ERRORS_6.first, ERRORS_6.last),
    hasTcpFlags(RST, RST),
  ];
  const toWan: RulesetChain = {
    name: CHAIN.TO_WAN,
    rules: [
      rule(modeLine(plan, 'what the box and the LAN began'), goesForward(), accept()),
      rule(
        modeLine(plan, 'connections in use'),
        hasTcpFlags(RST, RST),
        hasConnectionStatus(IPS.ASSURED),
        accept(),
      ),
      ...silenced.map((one) => rule(silence, one, goTo(CHAIN.SILENCED))),
    ],
  };
  return [{ name: CHAIN.SILENCED, rules: dropRules(plan, refusal) }, toWan];
}
