import { isIpv4 } from '../../../base/address.ts';
import type { Ipv4 } from '../../../base/ipv4.ts';
import type { Ipv6 } from '../../../base/ipv6.ts';
import type { Mac } from '../../../base/mac.ts';
import { IPPROTO } from '../statement.ts';

/** What stands behind the IP header. ICMP means ICMPv6 in a packet with IPv6 addresses. */
export type Transport =
  | {
      readonly kind: 'tcp';
      readonly sourcePort: number;
      readonly destinationPort: number;
      readonly flags: number;
    }
  | { readonly kind: 'udp'; readonly sourcePort: number; readonly destinationPort: number }
  | { readonly kind: 'icmp'; readonly type: number; readonly code: number; readonly identifier: number }
  | { readonly kind: 'other'; readonly protocol: number };

/** A packet as far as rules can look into it; both addresses are of one family. */
export interface Packet {
  readonly source: Ipv4 | Ipv6;
  readonly destination: Ipv4 | Ipv6;
  readonly transport: Transport;
  /** The neighbour that sent it; null for one the box makes itself. */
  readonly sender: Mac | null;
  /** Time to live or hop limit. */
  readonly hopLimit: number;
}

/** What a host sends a packet with unless it is told otherwise (linux/ip.h; the same for IPv6). */
export const IPDEFTTL = 64;

/** An address, and the port or ICMP identifier there; 0 where the protocol has none. */
export interface Place {
  readonly address: Ipv4 | Ipv6;
  readonly port: number;
}

/** Both ends of one direction of a connection. */
export interface Ends {
  readonly source: Place;
  readonly destination: Place;
}

/** A connection as tracking keeps it: its first packet as it came, and what an answer to it looks like on the wire. */
export interface TrackedConnection {
  readonly original: Ends;
  readonly reply: Ends;
}

/** What connection tracking knows of the packet before it meets the first rule. */
export type Connection =
  | { readonly state: 'new' }
  | {
      readonly state: 'established' | 'related';
      readonly direction: 'original' | 'reply';
      readonly tracked: TrackedConnection;
      /** Whether both ends have used it (IPS_ASSURED), as those of TCP have with the third packet. */
      readonly isAssured: boolean;
    };

/** A packet and where it comes from. */
export interface Arrival {
  readonly packet: Packet;
  /** The device it came in by; null for one the box makes itself. */
  readonly inDevice: string | null;
  readonly connection: Connection;
}

/** The number of the protocol in the IP header. */
export function protocolOf({ source, transport }: Packet): number {
  switch (transport.kind) {
    case 'tcp':
      return IPPROTO.TCP;
    case 'udp':
      return IPPROTO.UDP;
    case 'icmp':
      return isIpv4(source) ? IPPROTO.ICMP : IPPROTO.ICMPV6;
    case 'other':
    default:
      return transport.protocol;
  }
}

export function endsOf(packet: Packet): Ends {
  return { source: sourcePlace(packet), destination: destinationPlace(packet) };
}

/** The ends of an answer. */
export function reversed({ source, destination }: Ends): Ends {
  return { source: destination, destination: source };
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.address === b.address && a.port === b.port;
}

function sourcePlace({ source, transport }: Packet): Place {
  return { address: source, port: portsOf(transport).source };
}

function destinationPlace({ destination, transport }: Packet): Place {
  return { address: destination, port: portsOf(transport).destination };
}

/** The identifier of an ICMP query is the same at both ends. */
function portsOf(transport: Transport): { readonly source: number; readonly destination: number } {
  switch (transport.kind) {
    case 'icmp':
      return { source: transport.identifier, destination: transport.identifier };
    case 'other':
      return { source: 0, destination: 0 };
    case 'tcp':
    case 'udp':
    default:
      return { source: transport.sourcePort, destination: transport.destinationPort };
  }
}

export function withSource(packet: Packet, { address, port }: Place): Packet {
  const { transport } = packet;
  if (transport.kind === 'other') return { ...packet, source: address };
  const moved =
    transport.kind === 'icmp' ? { ...transport, identifier: port } : { ...transport, sourcePort: port };
  return { ...packet, source: address, transport: moved };
}

export function withDestination(packet: Packet, { address, port }: Place): Packet {
  const { transport } = packet;
  if (transport.kind === 'other') return { ...packet, destination: address };
  const moved =
    transport.kind === 'icmp' ? { ...transport, identifier: port } : { ...transport, destinationPort: port };
  return { ...packet, destination: address, transport: moved };
}
