import { countDestination, countDestination6, countSource, countSource6 } from './action.ts';
import { SET } from './names.ts';
import { type Plan, hasWan } from './plan.ts';
import { ADDRESS6_MEMORY, ADDRESS_MEMORY, MAX_COUNTED_ADDRESSES } from './rates.ts';
import { type RulesetRule, type RulesetSet, rule } from './ruleset.ts';

const COMMENT = 'always: bytes of each LAN device';

function isCounted(plan: Plan): boolean {
  return hasWan(plan) && plan.features.accounting;
}

/** A counter for each LAN address, apart for what it sends to the WAN and for what it gets from there. */
export function addressCountSets(plan: Plan): RulesetSet[] {
  if (!isCounted(plan)) return [];
  const countSet = (name: string, key: 'ipv4_addr' | 'ipv6_addr'): RulesetSet => ({
    name,
    comment: COMMENT,
    key: [key],
    interval: false,
    counted: true,
    dynamic: {
      size: MAX_COUNTED_ADDRESSES,
      timeout: key === 'ipv4_addr' ? ADDRESS_MEMORY : ADDRESS6_MEMORY,
    },
    elements: [],
  });
  return [
    countSet(SET.UPLOAD, 'ipv4_addr'),
    countSet(SET.UPLOAD6, 'ipv6_addr'),
    countSet(SET.DOWNLOAD, 'ipv4_addr'),
    countSet(SET.DOWNLOAD6, 'ipv6_addr'),
  ];
}

/**
 * Counts a packet that is let through for its LAN address. A sender's address may be made up, so it has to be of the
 * LAN; one that a packet goes to by a device of the LAN is.
 */
export function addressCounts(plan: Plan, direction: 'upload' | 'download'): RulesetRule[] {
  if (!isCounted(plan)) return [];
  const counts =
    direction === 'upload'
      ? [countSource(SET.UPLOAD, SET.LAN_NETWORKS), countSource6(SET.UPLOAD6)]
      : [countDestination(SET.DOWNLOAD), countDestination6(SET.DOWNLOAD6)];
  return counts.map((one) => rule(COMMENT, one));
}
