import { equalBytes } from '../../base/bytes.ts';
import { type Duration, Hours, Seconds, inSeconds } from '../../base/duration.ts';
import { type Ipv4, formatIpv4, isUnicast4 } from '../../base/ipv4.ts';
import { type Mac, macBytes } from '../../base/mac.ts';
import { type Prefix4, lengthOfNetmask4 } from '../../base/prefix.ts';
import { MESSAGE_TYPE, OP } from '../../wire/dhcp4/constants.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import type { Dhcp4Options } from '../../wire/dhcp4/options.ts';
import type { StaticRoute } from '../../wire/dhcp4/routes.ts';
import type { Binding } from './binding.ts';

/** A server's answer as far as the client can use it. */
export type Reply =
  | {
      readonly kind: 'offer' | 'ack';
      readonly xid: number;
      readonly server: Ipv4;
      readonly binding: Binding;
      /** T1 and T2 as the server wants them, if it says. */
      readonly renewalTime: Duration | undefined;
      readonly rebindingTime: Duration | undefined;
    }
  | { readonly kind: 'nak'; readonly xid: number; readonly server: Ipv4; readonly reason: string }
  /** An offer or an acknowledgement that cannot be used: `reason` is what the server gave, and what is wrong with it. */
  | { readonly kind: 'unusable'; readonly xid: number; readonly server: Ipv4; readonly reason: string };

/** Assumed when a server names no lease time, against RFC 2131 table 3, as BOOTP servers do. */
const DEFAULT_LEASE = Hours(1);
/** A shorter lease would have us renew more often than the back-off allows to ask: such an answer is ignored. */
const MIN_LEASE = Seconds(10);
/** More values of a list than these are ignored. */
export const MAX_SERVERS = 8;
export const MAX_ROUTES = 64;
export const MAX_SEARCH_DOMAINS = 16;

/**
 * Reads a message received on the client port; undefined unless it is a usable answer to this client. Being for this
 * client means its hardware address and (checked by the caller) the transaction identifier (RFC 2131 section 4.4.1).
 */
export function readReply(message: Dhcp4Message, from: Ipv4, mac: Mac): Reply | undefined {
  if (message.op !== OP.BOOTREPLY || !equalBytes(message.chaddr, macBytes(mac))) return undefined;
  const { options, xid } = message;
  // Table 3 demands a server identifier; where it is missing, or no renewal could be sent there, the sender is the best guess.
  const named = options.serverId;
  const server = named !== undefined && isUnicast4(named) ? named : from;
  switch (options.messageType) {
    case MESSAGE_TYPE.NAK:
      return { kind: 'nak', xid, server, reason: options.message ?? '' };
    case MESSAGE_TYPE.OFFER:
    case MESSAGE_TYPE.ACK: {
      const reason = whyUnusable(message);
      if (reason !== undefined) return { kind: 'unusable', xid, server, reason };
      const binding = bindingOf(message, server);
      const kind = options.messageType === MESSAGE_TYPE.ACK ? 'ack' : 'offer';
      const { renewalTime, rebindingTime } = options;
      return { kind, xid, server, binding, renewalTime, rebindingTime };
    }
    default:
      return undefined;
  }
}

function whyUnusable({ options, yiaddr }: Dhcp4Message): string | undefined {
  if (!isUnicast4(yiaddr)) return `${formatIpv4(yiaddr)}, which no host can have`;
  const { leaseTime } = options;
  if (leaseTime === undefined || leaseTime >= MIN_LEASE) return undefined;
  return `${formatIpv4(yiaddr)} for ${inSeconds(leaseTime)} s, less than the ${inSeconds(MIN_LEASE)} s it takes to keep an address`;
}

function bindingOf(message: Dhcp4Message, server: Ipv4): Binding {
  const { options, yiaddr } = message;
  const leaseTime = options.leaseTime ?? DEFAULT_LEASE;
  return {
    address: prefixOf(yiaddr, options.subnetMask),
    server,
    ...routesOf(options),
    dnsServers: (options.dnsServers ?? []).filter(isUnicast4).slice(0, MAX_SERVERS),
    domain: options.domainName !== undefined && isDomain(options.domainName) ? options.domainName : undefined,
    searchDomains: (options.domainSearch ?? []).filter(isDomain).slice(0, MAX_SEARCH_DOMAINS),
    timeServers: (options.timeServers ?? []).filter(isUnicast4).slice(0, MAX_SERVERS),
    leaseTime,
  };
}

/** What may stand in a resolver's configuration: letters, digits, hyphens, underscores and dots. */
function isDomain(name: string): boolean {
  return /^[a-z0-9_]([a-z0-9_.-]{0,252})$/i.test(name);
}

/** A missing or broken mask is replaced by that of the address class, as other clients do. */
function prefixOf(address: Ipv4, mask: Ipv4 | undefined): Prefix4 {
  const length = mask === undefined ? undefined : lengthOfNetmask4(mask);
  if (length !== undefined && length > 0) return { address, length };
  const first = address >>> 24;
  if (first < 128) return { address, length: 8 };
  return { address, length: first < 192 ? 16 : 24 };
}

/** RFC 3442: with classless routes the router option MUST be ignored, even if none of them is a default route. */
function routesOf(options: Dhcp4Options): Pick<Binding, 'gateway' | 'routes'> {
  const classless = options.classlessRoutes?.filter(({ router }) => router === 0 || isUnicast4(router));
  if (classless === undefined) return { gateway: options.routers?.find(isUnicast4), routes: [] };
  const isDefault = (route: StaticRoute): boolean => route.destination.length === 0;
  return {
    gateway: classless.find((route) => isDefault(route) && route.router !== 0)?.router,
    routes: classless.filter((route) => !isDefault(route)).slice(0, MAX_ROUTES),
  };
}
