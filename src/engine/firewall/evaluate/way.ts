import { isIpv4 } from '../../../base/address.ts';
import type { Refusal } from './outcome.ts';
import type { Packet } from './packet.ts';
import {
  ADDRESS_KIND,
  type Hop,
  type Surroundings,
  hopTo,
  isLinkLocal,
  isLoopback,
  isOwn,
  kindOf,
} from './surroundings.ts';

/** Where routing sends a packet, or why it sends it nowhere, before or besides any rule. */
export type Way =
  | { readonly kind: 'input' }
  | { readonly kind: 'forward'; readonly hop: Hop }
  | { readonly kind: 'nowhere'; readonly reason: string; readonly refusal: Refusal | null };

/** The routing decision after prerouting (ip_route_input_slow() and ip6_forward()). */
export function wayOf(surroundings: Surroundings, packet: Packet, inDevice: string): Way {
  const { source, destination } = packet;
  if (hasImpossibleSource(surroundings, packet, inDevice))
    return { kind: 'nowhere', reason: 'no host can send from that address', refusal: null };
  if (inDevice !== 'lo' && isNoDestination(packet))
    return { kind: 'nowhere', reason: 'that address is on no network', refusal: null };
  const kind = kindOf(surroundings, destination, isLinkLocal(destination) ? inDevice : null);
  if (kind !== ADDRESS_KIND.UNICAST && kind !== ADDRESS_KIND.UNREACHABLE) return { kind: 'input' };
  const hop = hopTo(surroundings, destination, isLinkLocal(destination) ? inDevice : null);
  if (hop === undefined) return unreachable(packet, 'there is no route to that address', 0);
  if (isLinkLocal(source))
    return unreachable(packet, 'a link-local address has no way beyond its link', BEYOND_SCOPE);
  if (surroundings.keepsIpv6 === true && !isIpv4(destination))
    return { kind: 'nowhere', reason: 'IPv6 is not passed on yet', refusal: null };
  return { kind: 'forward', hop };
}

/** Addresses that packets on a wire must not be for (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
function isNoDestination({ source, destination }: Packet): boolean {
  if (isLoopback(destination)) return true;
  return isIpv4(destination) && destination >>> 24 === 0 && !(source === 0 && destination === 0);
}

/** RFC 4443 section 3.1 */
const BEYOND_SCOPE = 2;

function unreachable({ source }: Packet, reason: string, code: number): Way {
  return { kind: 'nowhere', reason, refusal: { with: 'icmp', type: isIpv4(source) ? 3 : 1, code } };
}

/** Addresses that only the box itself or no host at all has; IPv6 does not look whether one is its own. */
function hasImpossibleSource(surroundings: Surroundings, packet: Packet, inDevice: string): boolean {
  const { source, destination } = packet;
  if (inDevice === 'lo') return false;
  if (isLoopback(source)) return true;
  // Who has no address yet can speak to all, or in IPv6 to a neighbour.
  if (source === 0n) return kindOf(surroundings, destination) === ADDRESS_KIND.UNICAST;
  if (isIpv4(source) && source >>> 24 === 0)
    return destination !== 0xffff_ffff && kindOf(surroundings, destination) !== ADDRESS_KIND.MULTICAST;
  const kind = kindOf(surroundings, source);
  if (kind === ADDRESS_KIND.MULTICAST || source === 0xffff_ffff) return true;
  return isIpv4(source) && isOwn(surroundings, source);
}
