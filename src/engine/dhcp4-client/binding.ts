import type { Duration } from '../../base/duration.ts';
import { type Ipv4, formatIpv4, tryParseIpv4 } from '../../base/ipv4.ts';
import { type Prefix4, formatPrefix4, tryParsePrefix4 } from '../../base/prefix.ts';
import type { StaticRoute } from '../../wire/dhcp4/routes.ts';

/** What a server granted, without the times at which it began and ends. */
export interface Binding {
  readonly address: Prefix4;
  /** Server identifier (option 54): whom renewals and the release go to. */
  readonly server: Ipv4;
  /** Default gateway; may lie outside the prefix, then it is on the link all the same. */
  readonly gateway: Ipv4 | undefined;
  /** Classless routes (RFC 3442) without the default one; router 0.0.0.0 means on-link. */
  readonly routes: readonly StaticRoute[];
  readonly dnsServers: readonly Ipv4[];
  readonly domain: string | undefined;
  readonly searchDomains: readonly string[];
  readonly timeServers: readonly Ipv4[];
  readonly leaseTime: Duration;
}

const VERSION = 1;

function toJson(binding: Binding): Record<string, unknown> {
  return {
    address: formatPrefix4(binding.address),
    server: formatIpv4(binding.server),
    gateway: binding.gateway === undefined ? null : formatIpv4(binding.gateway),
    routes: binding.routes.map(({ destination, router }) => [formatPrefix4(destination), formatIpv4(router)]),
    dnsServers: binding.dnsServers.map(formatIpv4),
    domain: binding.domain ?? null,
    searchDomains: binding.searchDomains,
    timeServers: binding.timeServers.map(formatIpv4),
  };
}

/** Whether nothing that would have to be stored or configured anew differs; the lease time may. */
export function isSameBinding(a: Binding, b: Binding): boolean {
  return JSON.stringify(toJson(a)) === JSON.stringify(toJson(b));
}

/**
 * The binding as JSON text for a small file. It carries no expiry: renewals write nothing, so a stored one would be that of
 * the first grant, and the box may wake in 1970. Whether the binding still holds is what INIT-REBOOT asks the server.
 */
export function encodeBinding(binding: Binding): string {
  return `${JSON.stringify({ version: VERSION, ...toJson(binding), leaseTime: binding.leaseTime })}\n`;
}

/** The inverse of {@link encodeBinding}; undefined if the text is damaged: then the client discovers anew. */
export function decodeBinding(text: string): Binding | undefined {
  const value = parseRecord(text);
  if (value === undefined || value['version'] !== VERSION) return undefined;
  const address = tryParsePrefix4(String(value['address']));
  const server = tryParseIpv4(String(value['server']));
  const routes = listOf(value['routes'], parseRoute);
  const dnsServers = listOf(value['dnsServers'], parseAddress);
  const searchDomains = listOf(value['searchDomains'], parseText);
  const timeServers = listOf(value['timeServers'], parseAddress);
  const { leaseTime } = value;
  if (address === undefined || server === undefined || typeof leaseTime !== 'number') return undefined;
  if (!routes || !dnsServers || !searchDomains || !timeServers) return undefined;
  const gateway = parseAddress(value['gateway']);
  const domain = parseText(value['domain']);
  const lists = { routes, dnsServers, searchDomains, timeServers };
  return { address, server, gateway, domain, ...lists, leaseTime: leaseTime as Duration };
}

function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** All items read, or undefined if the value is no list or any item cannot be read. */
function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map(read).filter((item) => item !== undefined);
  return items.length === value.length ? items : undefined;
}

function parseText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parseAddress(value: unknown): Ipv4 | undefined {
  return typeof value === 'string' ? tryParseIpv4(value) : undefined;
}

function parseRoute(value: unknown): StaticRoute | undefined {
  if (!Array.isArray(value)) return undefined;
  const destination = tryParsePrefix4(String(value[0]));
  const router = tryParseIpv4(String(value[1]));
  return destination === undefined || router === undefined ? undefined : { destination, router };
}
