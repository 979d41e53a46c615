import { isIpv4 } from '../../base/address.ts';
import { ipv4Bytes } from '../../base/ipv4.ts';
import { ipv6Bytes } from '../../base/ipv6.ts';
import { macBytes } from '../../base/mac.ts';
import { NFT_REJECT_ICMPX } from '../../wire/nftables/expression/reject.ts';
import { count, rejectWith } from './action.ts';
import { logRules } from './drop-rules.ts';
import { CHAIN, COUNTER, REASON, SET } from './names.ts';
import type { DataTypeName } from '../../wire/nftables/data-type.ts';
import type { Plan } from './plan.ts';
import { type RulesetChain, type RulesetRule, type RulesetSet, rule } from './ruleset.ts';
import { destination6In, destinationIn, drop, goTo, inDevice, macSourceIn } from './statement.ts';

const COMMENT = 'firewall.blockedDevices';

function keySet(name: string, key: DataTypeName, keys: readonly Uint8Array[]): RulesetSet {
  return {
    name,
    comment: COMMENT,
    key: [key],
    interval: false,
    elements: keys.map((one) => ({ key: one })),
  };
}

/** Whether anybody is blocked. Every packet is asked, so there is no set, no rule and no chain of this while nobody is. */
export function isBlocking({ options: { mode, blocked } }: Plan): boolean {
  return mode !== 'lan-only' && blocked.macs.length + blocked.addresses.length > 0;
}

/** Devices without a way beyond the LAN. */
export function blockedSets(plan: Plan): RulesetSet[] {
  if (!isBlocking(plan)) return [];
  const macs = [...new Set(plan.options.blocked.macs)];
  const addresses = [...new Set(plan.options.blocked.addresses)];
  return [
    keySet(SET.BLOCKED_MACS, 'ether_addr', macs.map(macBytes)),
    keySet(SET.BLOCKED, 'ipv4_addr', addresses.filter(isIpv4).map(ipv4Bytes)),
    keySet(
      SET.BLOCKED6,
      'ipv6_addr',
      addresses.flatMap((address) => (isIpv4(address) ? [] : [ipv6Bytes(address)])),
    ),
  ];
}

/**
 * Asked before connections are known: one that is running ends as well. A device is known by its MAC address when it
 * sends, and by its addresses when something is sent to it.
 */
export function blockedSenders(plan: Plan): RulesetRule[] {
  if (!isBlocking(plan)) return [];
  return [rule(COMMENT, macSourceIn(SET.BLOCKED_MACS), goTo(CHAIN.BLOCKED))];
}

export function blockedReceivers(plan: Plan): RulesetRule[] {
  if (!isBlocking(plan)) return [];
  return [
    rule(COMMENT, destinationIn(SET.BLOCKED), goTo(CHAIN.BLOCKED)),
    rule(COMMENT, destination6In(SET.BLOCKED6), goTo(CHAIN.BLOCKED)),
  ];
}

/** The LAN is told, the WAN is not. */
export function blockedChain(plan: Plan): RulesetChain {
  const told = rejectWith(NFT_REJECT_ICMPX.ADMIN_PROHIBITED);
  return {
    name: CHAIN.BLOCKED,
    rules: [
      ...logRules(plan, REASON.BLOCKED),
      rule(COMMENT, count(COUNTER.BLOCKED)),
      rule(COMMENT, inDevice(SET.LAN), told),
      rule(COMMENT, drop()),
    ],
  };
}
