import { NFT_VERDICT } from '../../wire/nftables/constants.ts';
import { IPS, NF_CT_STATE } from '../../wire/nftables/expression/ct.ts';
import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { clampSegments, count, rejectWith, takeShortWay } from './action.ts';
import { addressCounts, notedAddresses } from './address-counts.ts';
import { blockedReceivers, blockedSenders } from './blocked-devices.ts';
import { BEGUN_BEHIND_US, ENTERED, LED_TO_DEVICE, answered, inUse } from './connection-stage.ts';
import { rejectRules } from './drop-rules.ts';
import { invalidRule } from './input-chains.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import { allAsked, begunOnLanRefused } from './origin-chain.ts';
import { type Plan, isClosed, modeLine } from './plan.ts';
import { TOTAL_RATE } from './rates.ts';
import {
  type RulesetChain,
  type RulesetElement,
  type RulesetRule,
  type RulesetSet,
  rule,
} from './ruleset.ts';
import { totalLimit } from './sender-limits.ts';
import {
  IPPROTO,
  TCP_FLAG,
  accept,
  connectionState,
  connectionStatus,
  destinationIn,
  deviceKey,
  fromUniqueLocal,
  goTo,
  goesBack,
  hasConnectionStatus,
  hasTcpFlags,
  isIpv4Packet,
  isIpv6Packet,
  isProtocol,
  jumpTo,
  noWayBack,
} from './statement.ts';

const ESTABLISHED = NF_CT_STATE.ESTABLISHED | NF_CT_STATE.RELATED;

/** What has no entry in conntrack is not translated: it would leave under its own address. */
const UNKNOWN = NF_CT_STATE.INVALID | NF_CT_STATE.UNTRACKED;

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

/**
 * A chain for each direction. They are asked of every packet that goes through the box, so each holds only what concerns
 * its direction, what packets of known connections need comes first, and they end by letting through.
 */
export function directionChains(plan: Plan): RulesetChain[] {
  return isClosed(plan) ? closedChains(plan) : openChains(plan);
}

/** Mode router: nothing is asked but who is blocked, and of what begins on the WAN whether it claims to be of the LAN. */
function openChains(plan: Plan): RulesetChain[] {
  return [
    {
      name: CHAIN.LAN_TO_WAN,
      rules: [...clamp(plan), ...blockedSenders(plan), ...upload(plan, modeLine(plan))],
    },
    {
      name: CHAIN.WAN_TO_LAN,
      rules: [
        ...clamp(plan),
        ...blockedReceivers(plan),
        ...begunOnLanRefused(plan),
        ...download(plan, modeLine(plan)),
      ],
    },
    {
      name: CHAIN.LAN_TO_LAN,
      rules: [...blockedSenders(plan), ...blockedReceivers(plan), ...onLan(modeLine(plan))],
    },
  ];
}

function closedChains(plan: Plan): RulesetChain[] {
  const passed = 'always: let through';
  return [
    { name: CHAIN.LEAKED, rules: rejectRules(plan, leak(plan)) },
    { name: CHAIN.BEGUN_ON_LAN, rules: beginningRules(plan) },
    { name: CHAIN.OUT_TO_WAN, rules: upload(plan, passed) },
    { name: CHAIN.IN_USE_TO_WAN, rules: letThroughInUse(plan, 'upload') },
    { name: CHAIN.LAN_TO_WAN, rules: outwardRules(plan) },
    { name: CHAIN.TO_LAN, rules: download(plan, passed) },
    { name: CHAIN.IN_USE_TO_LAN, rules: letThroughInUse(plan, 'download') },
    { name: CHAIN.WAN_TO_DEVICE, rules: toDeviceRules(plan) },
    { name: CHAIN.WAN_TO_LAN, rules: inwardRules(plan) },
    { name: CHAIN.ON_LAN, rules: onLan(passed) },
    { name: CHAIN.LAN_TO_LAN, rules: hairpinRules(plan) },
  ];
}

/**
 * The LAN goes out; the rules for packets that are not of a known connection come back if there is nothing to object.
 * First of all come the packets of connections that went this way and were translated: there is nothing left to ask them.
 */
function outwardRules(plan: Plan): RulesetRule[] {
  return [
    ...blockedSenders(plan),
    rule(modeLine(plan), answered(BEGUN_BEHIND_US), goTo(CHAIN.IN_USE_TO_WAN)),
    rule(modeLine(plan), inUse(LED_TO_DEVICE), goTo(CHAIN.IN_USE_TO_WAN)),
    rule(modeLine(plan), isIpv6Packet(), inUse(IPS.CONFIRMED), goTo(CHAIN.IN_USE_TO_WAN)),
    ...clamp(plan),
    rule(modeLine(plan), connectionStatus(BEGUN_BEHIND_US, ENTERED), goTo(CHAIN.OUT_TO_WAN)),
    rule(
      'always: what begins is asked more',
      connectionState(NF_CT_STATE.NEW | UNKNOWN),
      jumpTo(CHAIN.BEGUN_ON_LAN),
    ),
    ...leakGuard(plan),
    rule(modeLine(plan), goTo(CHAIN.OUT_TO_WAN)),
  ];
}

function beginningRules(plan: Plan): RulesetRule[] {
  const forged = modeLine(plan, 'senders that cannot be on the LAN');
  return [
    invalidRule(UNKNOWN),
    ...(plan.features.antiSpoof ? [rule(forged, noWayBack(), goTo(CHAIN.SPOOFED))] : []),
    rule(
      'always: addresses of the LAN alone (RFC 4193)',
      fromUniqueLocal(),
      count(COUNTER.LAN_FORWARD),
      rejectWith(NFT_REJECT_ICMPX.ADMIN_PROHIBITED),
    ),
  ];
}

/**
 * Replies come in, and what was led to a device. What else began on the WAN does not, although conntrack may know it: in
 * mode router it could begin. Replies to what went out under the address of the box are from those it went to, who are
 * not on the LAN; all other senders are asked where they are from. Errors of ICMPv6, without which IPv6 does not work
 * (RFC 4890 section 4.3.1), belong to a connection and are replies.
 */
function inwardRules(plan: Plan): RulesetRule[] {
  return [
    ...blockedReceivers(plan),
    rule('always: replies', goesBack(), inUse(BEGUN_BEHIND_US), goTo(CHAIN.IN_USE_TO_LAN)),
    ...clamp(plan),
    rule('always: replies', goesBack(), connectionStatus(BEGUN_BEHIND_US, ENTERED), goTo(CHAIN.TO_LAN)),
    allAsked(plan),
    rule('always: replies', goesBack(), hasConnectionStatus(IPS.ASSURED), goTo(CHAIN.IN_USE_TO_LAN)),
    rule('always: replies', goesBack(), goTo(CHAIN.TO_LAN)),
    invalidRule(UNKNOWN),
    rule('firewall.forwards', hasConnectionStatus(IPS.DST_NAT), goTo(CHAIN.WAN_TO_DEVICE)),
    rule(
      modeLine(plan, 'the LAN has no address on the WAN'),
      destinationIn(SET.LAN_NETWORKS),
      goTo(CHAIN.FROM_WAN_REFUSED),
    ),
    rule(modeLine(plan), goTo(CHAIN.FROM_WAN_REFUSED)),
  ];
}

/** The entry in conntrack becomes lasting only when the packet leaves, so what is above a limit takes none. */
function toDeviceRules(plan: Plan): RulesetRule[] {
  const comment = 'firewall.forwards';
  return [
    rule(comment, connectionState(ESTABLISHED), goTo(CHAIN.TO_LAN)),
    rule('always: limits for the WAN', jumpTo(CHAIN.SENDERS)),
    ...totalLimit(plan, TOTAL_RATE.DEVICES),
    rule(comment, count(COUNTER.PORT_FORWARDS)),
    rule(comment, goTo(CHAIN.TO_LAN)),
  ];
}

/** From the LAN to the LAN by way of the box goes only what was led there. */
function hairpinRules(plan: Plan): RulesetRule[] {
  const comment = 'firewall.hairpin';
  const refusal = {
    comment: modeLine(plan),
    counter: COUNTER.LAN_FORWARD,
    reason: REASON.LAN_FORWARD,
  };
  const isLed = hasConnectionStatus(IPS.DST_NAT);
  return [
    ...blockedSenders(plan),
    ...blockedReceivers(plan),
    rule('always: replies', connectionState(ESTABLISHED), goTo(CHAIN.ON_LAN)),
    invalidRule(UNKNOWN),
    ...(plan.options.hairpin
      ? [
          rule(comment, isLed, count(COUNTER.PORT_FORWARDS)),
          rule(comment, isLed, count(COUNTER.HAIRPINS), goTo(CHAIN.ON_LAN)),
        ]
      : []),
    ...rejectRules(plan, refusal),
  ];
}

/**
 * Where PPPoE or a tunnel takes some bytes of the MTU, and somebody on the way drops the errors that would say so, a
 * connection hangs with its first long segment. Both sides are told in time what fits, the second by the second SYN.
 */
function clamp({ features }: Plan): RulesetRule[] {
  const { SYN, RST } = TCP_FLAG;
  const comment = 'always: segments fit the MTU of their way';
  return features.mssClamp ? [rule(comment, hasTcpFlags(SYN, SYN | RST), clampSegments())] : [];
}

const UNTRANSLATED = 'connections that were not translated when they began';

function leak(plan: Plan) {
  const comment = modeLine(plan, UNTRANSLATED);
  return { comment, counter: COUNTER.LEAKED, reason: REASON.LEAKED };
}

/**
 * A connection keeps the addresses it began with. What began in mode router would go on to leave under its address of
 * the LAN: conntrack has an entry, so it is not the first packet, and neither side of it is translated. A reset ends it,
 * and the LAN device begins one that is translated.
 */
function leakGuard(plan: Plan): RulesetRule[] {
  const isLeak = connectionStatus(IPS.CONFIRMED, ENTERED);
  return [rule(leak(plan).comment, isIpv4Packet(), isLeak, goTo(CHAIN.LEAKED))];
}

function upload(plan: Plan, comment: string): RulesetRule[] {
  return [
    ...counted(COUNTER.LAN_TO_WAN),
    ...addressCounts(plan, 'upload'),
    ...shortWay(plan),
    passed(comment),
  ];
}

/** A look-up finds and counts an address at half of what it costs to note it. */
function letThroughInUse(plan: Plan, direction: 'upload' | 'download'): RulesetRule[] {
  const comment = 'always: let through';
  const [counter, onward] =
    direction === 'upload'
      ? ([COUNTER.LAN_TO_WAN, CHAIN.OUT_TO_WAN] as const)
      : ([COUNTER.WAN_TO_LAN, CHAIN.TO_LAN] as const);
  return [
    ...shortWay(plan),
    ...notedAddresses(plan, direction).map((isNoted) => rule(comment, isNoted, count(counter), accept())),
    rule(comment, goTo(onward)),
  ];
}

function download(plan: Plan, comment: string): RulesetRule[] {
  return [
    ...counted(COUNTER.WAN_TO_LAN),
    ...addressCounts(plan, 'download'),
    ...shortWay(plan),
    passed(comment),
  ];
}

function onLan(comment: string): RulesetRule[] {
  return [...counted(COUNTER.LAN_TO_LAN), passed(comment)];
}

function counted(counter: string): RulesetRule[] {
  return [rule('always: bytes by direction', count(counter))];
}

function passed(comment: string): RulesetRule {
  return rule(comment, accept());
}

/** Last of all, so that nothing takes the short way that a rule has not let through. */
function shortWay({ options, features }: Plan): RulesetRule[] {
  if (options.offload.length === 0 || !features.offload) return [];
  return [IPPROTO.TCP, IPPROTO.UDP].map((protocol) =>
    rule('firewall.offload', isProtocol(protocol), takeShortWay()),
  );
}
