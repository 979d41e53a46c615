import type { Duration } from '../../base/duration.ts';
import { Milliseconds } from '../../base/duration.ts';
import { BROADCAST, type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { BROADCAST_MAC } from '../../base/mac.ts';
import { lastAddress4, netmask4 } from '../../base/prefix.ts';
import { DHCP4_CLIENT_PORT, DHCP4_SERVER_PORT, MESSAGE_TYPE, OP } from '../../wire/dhcp4/constants.ts';
import { DEFAULT_MAX_MESSAGE, type Dhcp4Message } from '../../wire/dhcp4/message.ts';
import { type Dhcp4Options, type OptionName, codeOfOption } from '../../wire/dhcp4/options.ts';
import { fqdnReply } from './fqdn-reply.ts';
import type { Question } from './lease-entry.ts';
import type { Dhcp4ServerOptions } from './options.ts';
import type { ServerPlan } from './server-plan.ts';
import type { Destination, Effect } from './state.ts';

/** IPv4 and UDP headers, which option 57 counts (RFC 2132 §9.10). */
const HEADERS = 28;
const ETHERNET_MTU = 1500;
const EMPTY = new Uint8Array(0);

/** Sent first, in this order; the rest as the client lists it. */
const LEADING = (['messageType', 'serverId', 'leaseTime', 'renewalTime', 'rebindingTime'] as const).map(
  codeOfOption,
);
/** Given up last where there is not room for all: a client without them cannot use the address, a relay not find the client. */
const IMPORTANT = [
  ...LEADING,
  ...(['subnetMask', 'relayAgent', 'clientId', 'routers', 'dnsServers', 'classlessRoutes'] as const).map(
    codeOfOption,
  ),
];
const RELAY_AGENT = codeOfOption('relayAgent');

const TO_ALL: Destination = { mac: BROADCAST_MAC, address: BROADCAST, port: DHCP4_CLIENT_PORT };

/** RFC 2131 §4.1, the way back: to the relay, to the address the client has, to all, or to its Ethernet address. */
function destinationOf({ message, who, via }: Question, yiaddr: Ipv4): Destination {
  const { giaddr, ciaddr, broadcast } = message;
  if (giaddr !== UNSPECIFIED) return { mac: via, address: giaddr, port: DHCP4_SERVER_PORT };
  if (ciaddr !== UNSPECIFIED) return { mac: via, address: ciaddr, port: DHCP4_CLIENT_PORT };
  if (broadcast) return TO_ALL;
  return { mac: who.mac, address: yiaddr, port: DHCP4_CLIENT_PORT };
}

/** The fixed fields of RFC 2131 table 3. */
function replyTo(request: Dhcp4Message, yiaddr: Ipv4, options: Dhcp4Options): Dhcp4Message {
  const { htype, xid, broadcast, giaddr, chaddr } = request;
  const fixed = { htype, xid, broadcast, giaddr, chaddr, hops: 0, secs: 0, siaddr: UNSPECIFIED };
  return { op: OP.BOOTREPLY, ...fixed, ciaddr: UNSPECIFIED, yiaddr, sname: EMPTY, file: EMPTY, options };
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** What the box knows about its LAN and tells a client that lists it in option 55, or lists nothing. */
function networkOptions(
  options: Dhcp4ServerOptions,
  name: string | undefined,
  list: readonly number[] | undefined,
): Dhcp4Options {
  const { server, domain } = options;
  const isAsked = (option: OptionName): boolean => list === undefined || list.includes(codeOfOption(option));
  return {
    // The netmask is sent unasked: an address is of no use without.
    subnetMask: netmask4(server.length),
    broadcastAddress: server.length < 31 && isAsked('broadcastAddress') ? lastAddress4(server) : undefined,
    routers: isAsked('routers') ? nonEmpty(options.routers) : undefined,
    dnsServers: isAsked('dnsServers') ? nonEmpty(options.dnsServers) : undefined,
    domainName: isAsked('domainName') ? domain : undefined,
    timeServers: isAsked('timeServers') ? nonEmpty(options.timeServers) : undefined,
    hostName: isAsked('hostName') ? name : undefined,
  };
}

function times(leaseTime: Duration | undefined): Dhcp4Options {
  if (leaseTime === undefined) return {};
  // RFC 2131 §4.4.5: T1 is half, T2 seven eighths of the lease.
  const [renewalTime, rebindingTime] = [Milliseconds(leaseTime / 2), Milliseconds((leaseTime * 7) / 8)];
  return { leaseTime, renewalTime, rebindingTime };
}

/** RFC 6842: the identifier comes back. RFC 3046 §2.2: so do the relay's notes, as the last option. */
function echoed(request: Dhcp4Message): Dhcp4Options {
  return { clientId: request.options.clientId, relayAgent: request.options.relayAgent };
}

export interface Grant {
  readonly type: 'OFFER' | 'ACK';
  /** 0.0.0.0 in the answer to an INFORM. */
  readonly address: Ipv4;
  /** Undefined in the answer to an INFORM (RFC 2131 §3.4). */
  readonly leaseTime: Duration | undefined;
  readonly name: string | undefined;
}

function maxLengthFor(request: Dhcp4Message): number {
  const size = request.options.maxMessageSize ?? 0;
  return Math.max(DEFAULT_MAX_MESSAGE, Math.min(size, ETHERNET_MTU) - HEADERS);
}

/** OFFER or ACK. */
export function grant({ options, custom, boot }: ServerPlan, question: Question, what: Grant): Effect {
  const request = question.message;
  const list = request.options.parameterRequestList ?? [];
  const reply = replyTo(request, what.address, {
    messageType: MESSAGE_TYPE[what.type],
    serverId: options.server.address,
    ...times(what.leaseTime),
    ...networkOptions(options, what.name, request.options.parameterRequestList),
    clientFqdn: fqdnReply(request.options.clientFqdn, what.name, options.domain),
    ...echoed(request),
    other: custom,
  });
  const order = [...LEADING, ...list, ...custom.keys()].filter((code) => code !== RELAY_AGENT);
  const to = destinationOf(question, what.address);
  const limits = { order, important: IMPORTANT, maxLength: maxLengthFor(request) };
  const ciaddr = what.type === 'ACK' ? request.ciaddr : UNSPECIFIED;
  return { kind: 'send', to, message: { ...reply, ...boot, ciaddr }, limits };
}

/**
 * RFC 2131 §4.3.2: always to all on the link, or by the relay, which then sends it to all. A client that renews often listens on
 * its address alone (dhcpcd, systemd-networkd) and would go on with an address it is refused until T2, so it is told there too.
 */
export function refuse({ options }: ServerPlan, question: Question, reason: string): readonly Effect[] {
  const request = question.message;
  const relayed = request.giaddr !== UNSPECIFIED;
  const reply = replyTo(request, UNSPECIFIED, {
    messageType: MESSAGE_TYPE.NAK,
    serverId: options.server.address,
    message: reason,
    ...echoed(request),
  });
  const message = { ...reply, broadcast: relayed || request.broadcast };
  const back = destinationOf(question, UNSPECIFIED);
  const isRenewing = !relayed && request.ciaddr !== UNSPECIFIED;
  const ways = relayed ? [back] : isRenewing ? [TO_ALL, back] : [TO_ALL];
  return ways.map((to) => ({ kind: 'send', to, message, limits: {} }));
}
