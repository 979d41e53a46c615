import { ETH_P } from '../../base/ether-type.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { type Mac, macFromBytes } from '../../base/mac.ts';
import type { KernelMessage } from '../../port/netlink-session.ts';
import { decodeAll } from '../../wire/field/codec.ts';
import { type AddressMessage, addressMessage } from '../../wire/rtnetlink/address.ts';
import { AF, IFF, RTM, RTN, RTNH_F, RT_TABLE } from '../../wire/rtnetlink/constants.ts';
import type { LinkStats } from '../../wire/rtnetlink/link-stats.ts';
import { linkMessage } from '../../wire/rtnetlink/link.ts';
import { type RouteMessage, routeMessage } from '../../wire/rtnetlink/route.ts';
import { addressBefore } from './mark.ts';

/** A network device as the kernel shows it. */
export interface ObservedLink {
  readonly index: number;
  readonly name: string;
  /** Switched on (IFF_UP); says nothing about the cable. */
  readonly up: boolean;
  /** There is a signal on the line; never while the device is switched off. */
  readonly carrier: boolean;
  readonly loopback: boolean;
  readonly mac: Mac | undefined;
  /** The address burnt in, where the driver tells it; else the one it had before the box replaced it. */
  readonly permanentMac: Mac | undefined;
  readonly mtu: number;
  /** Index of the bridge it is a port of. */
  readonly master: number | undefined;
  /** `bridge`, `veth`, `vlan` ...; real devices have none. */
  readonly kind: string | undefined;
  /** Of a VLAN device: the index of the device below, and the tag (802.1Q only). */
  readonly lower?: number | undefined;
  readonly vlanTag?: number | undefined;
  /** Free text, see `mark.ts`. */
  readonly description?: string | undefined;
  readonly stats: LinkStats | undefined;
}

export interface ObservedAddress {
  /** Of the device. */
  readonly index: number;
  readonly address: Ipv4;
  /** Prefix length. */
  readonly length: number;
  /** The address itself, or the other end of a point-to-point link. */
  readonly peer: Ipv4;
  /** RTPROT of who made it; undefined where kernel or maker do not say. */
  readonly protocol: number | undefined;
}

/** A unicast route of the main table. */
export interface ObservedRoute {
  /** Of the device; undefined for routes over several. */
  readonly index: number | undefined;
  /** Network address; 0 with length 0 is the default route. */
  readonly destination: Ipv4;
  readonly length: number;
  readonly gateway: Ipv4 | undefined;
  readonly metric: number;
  readonly source: Ipv4 | undefined;
  readonly onlink: boolean;
  /** RTPROT of who made it. */
  readonly protocol: number;
}

export interface ObservedNetwork {
  readonly links: readonly ObservedLink[];
  readonly addresses: readonly ObservedAddress[];
  readonly routes: readonly ObservedRoute[];
}

function ethernet(bytes: Uint8Array | undefined): Mac | undefined {
  return bytes?.length === 6 ? macFromBytes(bytes) : undefined;
}

/** The device an RTM_NEWLINK or DELLINK message is about. @throws DecodeError */
function observeLink(payload: Uint8Array): ObservedLink {
  const link = decodeAll(linkMessage, payload);
  return {
    index: link.index,
    name: link.name ?? '',
    up: (link.flags & IFF.UP) !== 0,
    carrier: (link.flags & IFF.LOWER_UP) !== 0,
    loopback: (link.flags & IFF.LOOPBACK) !== 0,
    mac: ethernet(link.address),
    permanentMac: ethernet(link.permanentAddress) ?? addressBefore(link.description),
    mtu: link.mtu ?? 0,
    master: link.master,
    kind: link.info?.kind,
    lower: link.link,
    vlanTag: link.info?.vlan?.protocol === ETH_P['8021Q'] ? link.info.vlan.id : undefined,
    description: link.description,
    stats: link.stats,
  };
}

/** What a multicast message says about a device; undefined for any other, among them those of a bridge about its ports (AF_BRIDGE). */
export function observeLinkEvent(message: KernelMessage): { link: ObservedLink; gone: boolean } | undefined {
  const gone = message.type === RTM.DELLINK;
  if ((message.type !== RTM.NEWLINK && !gone) || message.payload[0] !== AF.UNSPEC) return undefined;
  return { link: observeLink(message.payload), gone };
}

function asIpv4(address: AddressMessage['address']): Ipv4 | undefined {
  return typeof address === 'number' ? address : undefined;
}

function observeAddress(payload: Uint8Array): ObservedAddress | undefined {
  const message = decodeAll(addressMessage, payload);
  const address = asIpv4(message.local);
  if (address === undefined) return undefined;
  const { index, prefixLength: length, protocol } = message;
  return { index, address, length, peer: asIpv4(message.address) ?? address, protocol };
}

function observeRoute(payload: Uint8Array): ObservedRoute | undefined {
  const message = decodeAll(routeMessage, payload);
  const table = message.table ?? message.headerTable;
  if (message.family !== AF.INET || message.type !== RTN.UNICAST || table !== RT_TABLE.MAIN) return undefined;
  return routeOf(message);
}

function routeOf(message: RouteMessage): ObservedRoute {
  return {
    index: message.outputDevice,
    destination: asIpv4(message.destination) ?? (0 as Ipv4),
    length: message.destinationLength,
    gateway: asIpv4(message.gateway),
    metric: message.priority ?? 0,
    source: asIpv4(message.preferredSource),
    onlink: (message.flags & RTNH_F.ONLINK) !== 0,
    protocol: message.protocol,
  };
}

/** What three dumps (links, IPv4 addresses, IPv4 routes) say; other messages are passed over. @throws DecodeError */
export function observeNetwork(messages: readonly KernelMessage[]): ObservedNetwork {
  const links: ObservedLink[] = [];
  const addresses: ObservedAddress[] = [];
  const routes: ObservedRoute[] = [];
  const add = <T>(list: T[], one: T | undefined): void => {
    if (one !== undefined) list.push(one);
  };
  for (const { type, payload } of messages) {
    if (type === RTM.NEWLINK) links.push(observeLink(payload));
    else if (type === RTM.NEWADDR) add(addresses, observeAddress(payload));
    else if (type === RTM.NEWROUTE) add(routes, observeRoute(payload));
  }
  return { links, addresses, routes };
}
