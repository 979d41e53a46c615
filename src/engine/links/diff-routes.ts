import type { Ipv4 } from '../../base/ipv4.ts';
import { type Prefix4, contains4, network4 } from '../../base/prefix.ts';
import { RTPROT } from '../../wire/rtnetlink/constants.ts';
import type { LinkChange } from './change.ts';
import { type Difference, NO_DIFFERENCE } from './diff-addresses.ts';
import type { ObservedLink, ObservedNetwork, ObservedRoute } from './observed.ts';
import type { Side } from './side.ts';
import type { WantedRoute } from './wanted.ts';

type WantedIpv4 = NonNullable<Side['wanted']['ipv4']>;

/** Whether the side reaches the address without a gateway: by an address of its own or by a route on the link. */
function isOnLink(gateway: Ipv4, { addresses, routes }: WantedIpv4): boolean {
  const links: readonly Prefix4[] = [
    ...addresses.filter(({ length }) => length < 32),
    ...routes.filter((route) => route.gateway === undefined).map(({ destination }) => destination),
  ];
  return links.some((prefix) => contains4(prefix, gateway));
}

function routeOf(base: ObservedLink, route: WantedRoute, ipv4: WantedIpv4): ObservedRoute {
  const { destination, gateway, source } = route;
  return {
    index: base.index,
    destination: network4(destination),
    length: destination.length,
    gateway,
    metric: route.metric ?? 0,
    source,
    // Some providers hand out a gateway outside the prefix of the address, often with /32.
    onlink: gateway !== undefined && !isOnLink(gateway, ipv4),
    protocol: RTPROT.GATEPOST,
  };
}

/**
 * What tells routes apart. `onlink` does not: it matters only for whether the kernel takes a new route, and of two that differ
 * in nothing else the kernel would remove the wrong one (fib_nh_match() of net/ipv4/fib_semantics.c looks at no flags).
 */
function keyOf(route: ObservedRoute): string {
  const { index, destination, length, gateway, metric, source } = route;
  return [index, destination, length, gateway, metric, source].join();
}

/** Routes on the link first: the kernel takes a gateway only when it can reach it. */
function inOrder(routes: readonly ObservedRoute[]): ObservedRoute[] {
  const rank = ({ gateway }: ObservedRoute): number => (gateway === undefined ? 0 : 1);
  return routes.toSorted((a, b) => rank(a) - rank(b));
}

/** The routes over the devices of a side that carry our number, against those wanted; a side switched off has none. */
export function diffRoutes(side: Side, observed: ObservedNetwork): Difference {
  const { base, wanted, members } = side;
  const { ipv4 } = wanted;
  if (base === undefined || ipv4 === undefined) return NO_DIFFERENCE;
  const own = new Set([base, ...members].map(({ index }) => index));
  const present = observed.routes.filter(
    ({ index, protocol }) => protocol === RTPROT.GATEPOST && index !== undefined && own.has(index),
  );
  const goal = wanted.up ? inOrder(ipv4.routes.map((route) => routeOf(base, route, ipv4))) : [];
  const had = new Set(present.map(keyOf));
  // A provider may name a route twice; the kernel has it once.
  const kept = new Map(goal.map((route) => [keyOf(route), route]));
  return {
    add: [...kept]
      .filter(([key]) => !had.has(key))
      .map(([, route]) => ({ kind: 'add-route', device: base.name, route })),
    remove: present.filter((route) => !kept.has(keyOf(route))).map((route) => removal(observed.links, route)),
  };
}

function removal(links: readonly ObservedLink[], route: ObservedRoute): LinkChange {
  const device = links.find(({ index }) => index === route.index)?.name ?? 'several devices';
  return { kind: 'remove-route', device, route };
}

/** Routes we made over devices that belong to no side any more. */
export function staleRoutes(observed: ObservedNetwork, kept: ReadonlySet<number>): LinkChange[] {
  return observed.routes
    .filter(({ index, protocol }) => protocol === RTPROT.GATEPOST && index !== undefined && !kept.has(index))
    .map((route) => removal(observed.links, route));
}
