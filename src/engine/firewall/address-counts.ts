import { countDestination, countDestination6, countSource, countSource6 } from './action.ts';
import { SET } from './names.ts';
import { type Plan, hasWan, isClosed } from './plan.ts';
import { ADDRESS6_MEMORY, ADDRESS_MEMORY, MAX_COUNTED_ADDRESSES } from './rates.ts';
import { type RulesetRule, type RulesetSet, rule } from './ruleset.ts';
import { type Statement, destination6In, destinationIn, source6In, sourceIn } from './statement.ts';

const COMMENT = 'always: bytes of each LAN device';

/**
 * A counter for each LAN address, apart for what it sends to the WAN and for what it gets from there. They are there in
 * every mode, so that a change to one that counts nothing, and back, loses no total.
 */
export function addressCountSets({ features }: Plan): RulesetSet[] {
  if (!features.accounting) return [];
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
 * Counts a packet that is let through for its LAN address. One that it goes to by a device of the LAN is of the LAN; a
 * sender's may be made up, unless the first packet of its connection was asked for its way back.
 */
export function addressCounts(plan: Plan, direction: 'upload' | 'download'): RulesetRule[] {
  if (!hasWan(plan) || !plan.features.accounting) return [];
  const isProved = isClosed(plan) && plan.features.antiSpoof;
  const within = isProved ? undefined : SET.LAN_NETWORKS;
  const counts =
    direction === 'upload'
      ? [countSource(SET.UPLOAD, within), countSource6(SET.UPLOAD6)]
      : [countDestination(SET.DOWNLOAD), countDestination6(SET.DOWNLOAD6)];
  return counts.map((one) => rule(COMMENT, one));
}

/**
 * Finds and counts an address that {@link addressCounts} has noted. It does not put off the time at which the address is
 * forgotten, as every connection does that begins.
 */
export function notedAddresses({ features }: Plan, direction: 'upload' | 'download'): Statement[] {
  if (!features.accounting) return [];
  return direction === 'upload'
    ? [sourceIn(SET.UPLOAD), source6In(SET.UPLOAD6)]
    : [destinationIn(SET.DOWNLOAD), destination6In(SET.DOWNLOAD6)];
}
