import type { Prefix4 } from '../../base/prefix.ts';
import { RTPROT } from '../../wire/rtnetlink/constants.ts';
import type { LinkChange } from './change.ts';
import type { ObservedAddress, ObservedLink, ObservedNetwork } from './observed.ts';
import type { Side } from './side.ts';

/** What is to be added and, later, removed. */
export interface Difference {
  readonly add: readonly LinkChange[];
  readonly remove: readonly LinkChange[];
}

export const NO_DIFFERENCE: Difference = { add: [], remove: [] };

const isSame = (a: Prefix4, b: Prefix4): boolean => a.address === b.address && a.length === b.length;

function addition(link: ObservedLink, { address, length }: Prefix4): LinkChange {
  return {
    kind: 'add-address',
    device: link.name,
    address: { index: link.index, address, length, peer: address, protocol: RTPROT.GATEPOST },
  };
}

function removal(links: readonly ObservedLink[], address: ObservedAddress): LinkChange {
  const device = links.find(({ index }) => index === address.index)?.name ?? `device ${address.index}`;
  return { kind: 'remove-address', device, address };
}

/**
 * The IPv4 addresses of a side: all wanted ones on its base, no others there, none on the ports of a bridge. Whoever
 * made an address that is wanted, it stays: a restarted box takes over what it finds.
 */
export function diffAddresses(side: Side, observed: ObservedNetwork): Difference {
  const { base, wanted, members } = side;
  if (base === undefined || wanted.ipv4 === undefined) return NO_DIFFERENCE;
  const { addresses } = wanted.ipv4;
  const on = (link: ObservedLink) => observed.addresses.filter(({ index }) => index === link.index);
  const present = on(base);
  const surplus = present.filter((one) => !addresses.some((address) => isSame(address, one)));
  const misplaced = members.filter(({ index }) => index !== base.index).flatMap(on);
  return {
    add: addresses
      .filter((address) => !present.some((one) => isSame(address, one)))
      .map((address) => addition(base, address)),
    remove: [...surplus, ...misplaced].map((address) => removal(observed.links, address)),
  };
}

/** Addresses we made on devices that belong to no side any more. */
export function staleAddresses(observed: ObservedNetwork, kept: ReadonlySet<number>): LinkChange[] {
  return observed.addresses
    .filter(({ index, protocol }) => protocol === RTPROT.GATEPOST && !kept.has(index))
    .map((address) => removal(observed.links, address));
}
