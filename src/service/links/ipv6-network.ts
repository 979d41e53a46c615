import type { Ipv6 } from '../../base/ipv6.ts';
import type { KernelMessage, NetlinkSession } from '../../port/netlink-session.ts';
import { decodeAll, encodeAll } from '../../wire/field/codec.ts';
import { addressMessage } from '../../wire/rtnetlink/address.ts';
import { AF, RTM, RTN, RT_TABLE } from '../../wire/rtnetlink/constants.ts';
import { routeMessage } from '../../wire/rtnetlink/route.ts';

/** What the kernel has of IPv6. The box makes none of it yet, so that it is only looked at, when somebody asks. */
export interface Ipv6Network {
  /** `index` is that of the device. */
  readonly addresses: readonly { readonly index: number; readonly address: Ipv6; readonly length: number }[];
  /** Unicast routes of the main table that lead to a router. */
  readonly routes: readonly {
    readonly index: number;
    readonly destination: Ipv6;
    readonly length: number;
    readonly gateway: Ipv6;
  }[];
}

const ANYWHERE = 0n as Ipv6;

const ADDRESSES = {
  type: RTM.GETADDR,
  flags: 0,
  payload: encodeAll(addressMessage, {
    family: AF.INET6,
    prefixLength: 0,
    headerFlags: 0,
    scope: 0,
    index: 0,
  }),
  purpose: 'list the IPv6 addresses',
};

const ROUTES = {
  type: RTM.GETROUTE,
  flags: 0,
  payload: encodeAll(routeMessage, {
    family: AF.INET6,
    destinationLength: 0,
    sourceLength: 0,
    tos: 0,
    headerTable: 0,
    protocol: 0,
    scope: 0,
    type: 0,
    flags: 0,
  }),
  purpose: 'list the IPv6 routes',
};

/** @throws KernelError */
export async function readIpv6Network(route: NetlinkSession): Promise<Ipv6Network> {
  const [addresses, routes] = await Promise.all(
    [ADDRESSES, ROUTES].map((request) => route.request(request, { dump: true })),
  );
  return { addresses: (addresses ?? []).flatMap(addressOf), routes: (routes ?? []).flatMap(routeOf) };
}

function asIpv6(address: unknown): Ipv6 | undefined {
  return typeof address === 'bigint' ? (address as Ipv6) : undefined;
}

/** A kernel without IPv6 answers with what it has of other families. */
function addressOf({ type, payload }: KernelMessage): Ipv6Network['addresses'] {
  if (type !== RTM.NEWADDR) return [];
  const { index, prefixLength: length, local, address: given } = decodeAll(addressMessage, payload);
  const address = asIpv6(local ?? given);
  return address === undefined ? [] : [{ index, address, length }];
}

function routeOf({ type, payload }: KernelMessage): Ipv6Network['routes'] {
  if (type !== RTM.NEWROUTE) return [];
  const message = decodeAll(routeMessage, payload);
  const table = message.table ?? message.headerTable;
  const gateway = asIpv6(message.gateway);
  const { outputDevice: index, destinationLength: length } = message;
  const isWay = message.family === AF.INET6 && message.type === RTN.UNICAST && table === RT_TABLE.MAIN;
  if (!isWay || gateway === undefined || index === undefined) return [];
  return [{ index, destination: asIpv6(message.destination) ?? ANYWHERE, length, gateway }];
}
