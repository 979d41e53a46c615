import { formatIpv4, type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { type Prefix4, contains4, formatPrefix4, lastAddress4 } from '../../base/prefix.ts';
import type { Config } from '../../config/schema.ts';
import type { WanAddress } from '../../service/wan/wan-state.ts';

/** A network with fewer addresses has none for all (RFC 3021). */
const LONGEST_WITH_BROADCAST = 30;

/*
 * What a provider must not be able to do, by mistake or on purpose: take packets of the office to the WAN.
 * The longest prefix wins in the kernel, whatever the metric.
 */

/** Why an address of the WAN cannot be used; undefined if it can. */
export function wanConflict({ lan }: Config, { prefix }: WanAddress): string | undefined {
  if (!contains4(lan.address, prefix.address) && !contains4(prefix, lan.address.address)) return undefined;
  return `The provider gave ${formatPrefix4(prefix)}, which the LAN ${formatPrefix4(lan.address)} overlaps: it is not used; another lan.address is wanted`;
}

/** Whether a route of the provider would be preferred to the LAN, or to a part of it. */
export function coversLan({ lan }: Config, destination: Prefix4): boolean {
  return destination.length >= lan.address.length && contains4(lan.address, destination.address);
}

/**
 * Whether the kernel takes an address of the provider's for a router: not one the box has itself, nor the broadcast address of
 * one of its networks. What it refused would stand in the way of every later change of the configuration.
 */
export function canBeRouter({ lan, firewall }: Config, { prefix }: WanAddress, router: Ipv4): boolean {
  const isOurs = [lan.address, prefix].some(
    (own) => router === own.address || (own.length <= LONGEST_WITH_BROADCAST && router === lastAddress4(own)),
  );
  return !isOurs && firewall.oneToOne.every(({ address }) => router !== address);
}

/** The provider's routes that take nothing of the office to the WAN. */
export function harmlessRoutes(config: Config, address: WanAddress): WanAddress['routes'] {
  return address.routes.filter(
    ({ destination, router }) => !coversLan(config, destination) && canBeRouter(config, address, router),
  );
}

/** Some split the Internet in two or more parts, a route for each; longer prefixes are networks of the provider's own. */
const LONGEST_PART_OF_INTERNET = 4;

/** The router that the Internet is behind: that of the default route, or of a part of it. Undefined if there is no way there. */
export function routerInUse(config: Config, address: WanAddress): Ipv4 | undefined {
  if (wanConflict(config, address) !== undefined) return undefined;
  const { gateway } = address;
  if (gateway !== undefined && canBeRouter(config, address, gateway)) return gateway;
  const [widest] = harmlessRoutes(config, address)
    .filter(
      ({ destination, router }) => destination.length <= LONGEST_PART_OF_INTERNET && router !== UNSPECIFIED,
    )
    .toSorted((a, b) => a.destination.length - b.destination.length);
  return widest?.router;
}

/** Why the provider's router is not used; undefined if it is, or there is none. */
export function routerConflict(config: Config, address: WanAddress): string | undefined {
  const { gateway } = address;
  if (gateway === undefined || canBeRouter(config, address, gateway)) return undefined;
  return `The provider named ${formatIpv4(gateway)} as its router, which is an address of the box or of all its neighbours: it is not used, and there is no way to the Internet`;
}
