import { isIpv4 } from '../../../base/address.ts';
import type { Ipv4 } from '../../../base/ipv4.ts';
import type { Ipv6 } from '../../../base/ipv6.ts';
import {
  LOOPBACK_NETWORK4,
  type Prefix4,
  type Prefix6,
  contains4,
  lastAddress4,
} from '../../../base/prefix.ts';

type Address = Ipv4 | Ipv6;
type Prefix = Prefix4 | Prefix6;

/** A device of the box with its own addresses and the lengths of their networks. */
export interface BoxDevice {
  readonly name: string;
  readonly addresses: readonly Prefix[];
}

/** A way beyond the networks that the devices are in. */
export interface BoxRoute {
  readonly destination: Prefix;
  readonly device: string;
  readonly gateway: Address;
}

/** Where the box stands: what the kernel's routing tables hold, as values. */
export interface Surroundings {
  readonly devices: readonly BoxDevice[];
  readonly routes: readonly BoxRoute[];
  /** Set where IPv6 is not passed on, by net.ipv6.conf.all.forwarding. */
  readonly keepsIpv6?: boolean;
}

/** What an address is to the box, by the kernel's numbers (RTN_* of linux/rtnetlink.h). */
export const ADDRESS_KIND = { UNICAST: 1, LOCAL: 2, BROADCAST: 3, MULTICAST: 5, UNREACHABLE: 7 } as const;
export type AddressKind = (typeof ADDRESS_KIND)[keyof typeof ADDRESS_KIND];

/** The next stop of a packet. */
export interface Hop {
  readonly device: string;
  /** The gateway, or the destination itself. */
  readonly neighbour: Address;
}

export function isLoopback(address: Address): boolean {
  return isIpv4(address) ? contains4(LOOPBACK_NETWORK4, address) : address === 1n;
}

/** 224.0.0.0/4 and ff00::/8. */
function isMulticast(address: Address): boolean {
  return isIpv4(address) ? address >>> 28 === 14 : address >> 120n === 0xffn;
}

/** fe80::/10, whose addresses are known on each link anew. */
export function isLinkLocal(address: Address): boolean {
  return !isIpv4(address) && address >> 118n === 0x3fan;
}

export function isWithin(prefix: Prefix, address: Address): boolean {
  if (isIpv4(prefix.address))
    return isIpv4(address) && contains4({ address: prefix.address, length: prefix.length }, address);
  if (isIpv4(address)) return false;
  const host = BigInt(128 - prefix.length);
  return prefix.address >> host === address >> host;
}

/** The address that all hosts of an IPv4 network of at least four addresses answer to. */
function isBroadcastOf(prefix: Prefix, address: Address): boolean {
  if (!isIpv4(prefix.address) || prefix.length > 30) return false;
  return address === lastAddress4({ address: prefix.address, length: prefix.length });
}

/** `addresses of the devices named`, all without a name. */
function addressesOf({ devices }: Surroundings, device: string | null): readonly Prefix[] {
  return devices.flatMap(({ name, addresses }) => (device === null || name === device ? addresses : []));
}

/** Whether the box answers under the address; with a device, whether that device has it. */
export function isOwn(surroundings: Surroundings, address: Address, device: string | null = null): boolean {
  if (isLoopback(address) && (device === null || device === 'lo')) return true;
  return addressesOf(surroundings, device).some((prefix) => prefix.address === address);
}

/** inet_addr_type() and its sister of IPv6 as `fib` asks them, with a device or for all of them. */
export function kindOf(
  surroundings: Surroundings,
  address: Address,
  device: string | null = null,
): AddressKind {
  if (isIpv4(address) && (address >>> 24 === 0 || address === 0xffff_ffff)) return ADDRESS_KIND.BROADCAST;
  if (isMulticast(address)) return ADDRESS_KIND.MULTICAST;
  if (isOwn(surroundings, address, device)) return ADDRESS_KIND.LOCAL;
  const prefixes = addressesOf(surroundings, device);
  if (prefixes.some((prefix) => isBroadcastOf(prefix, address))) return ADDRESS_KIND.BROADCAST;
  // The routes of IPv6 are asked as well, those of IPv4 are not.
  const isKnown = isIpv4(address) || hopTo(surroundings, address, device) !== undefined;
  return isKnown ? ADDRESS_KIND.UNICAST : ADDRESS_KIND.UNREACHABLE;
}

/** The way to an address that is not the box's own, by the longest prefix; undefined without one. */
export function hopTo(
  { devices, routes }: Surroundings,
  address: Address,
  device: string | null = null,
): Hop | undefined {
  if (isLinkLocal(address)) return device === null ? undefined : { device, neighbour: address };
  const networks = devices.flatMap(({ name, addresses }) =>
    addresses.map((destination) => ({ destination, device: name, gateway: undefined })),
  );
  // The network of a device comes before a route of the same length, as its metric is the lower.
  const [best] = [...networks, ...routes]
    .filter(({ destination }) => isWithin(destination, address))
    .toSorted((a, b) => b.destination.length - a.destination.length);
  return best === undefined ? undefined : { device: best.device, neighbour: best.gateway ?? address };
}

/** The device's address towards a neighbour: the one of its network, else the first of the family (inet_select_addr()). */
export function ownAddressTowards(
  surroundings: Surroundings,
  { device, neighbour }: Hop,
): Address | undefined {
  const candidates = addressesOf(surroundings, device).filter(
    ({ address }) => isIpv4(address) === isIpv4(neighbour),
  );
  return (candidates.find((prefix) => isWithin(prefix, neighbour)) ?? candidates[0])?.address;
}
