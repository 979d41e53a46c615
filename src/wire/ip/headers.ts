import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import { Reader } from '../../base/reader.ts';
import { ipv4, ipv6 } from '../field/scalars.ts';
import { PROTOCOL } from '../ipv4/packet.ts';

/** What the headers of a packet say, of a packet of which only the beginning need be there. */
export interface PacketHeaders {
  readonly source: Ipv4 | Ipv6;
  readonly destination: Ipv4 | Ipv6;
  /** IANA number of what the IP header and its extensions carry. */
  readonly protocol: number;
  /** Undefined where it was cut off, and for a fragment other than the first. */
  readonly transport: TransportHeader | undefined;
}

export type TransportHeader =
  /** TCP flags as bits, {@link TCP_FLAG}. */
  | {
      readonly kind: 'tcp';
      readonly sourcePort: number;
      readonly destinationPort: number;
      readonly flags: number;
    }
  | { readonly kind: 'udp'; readonly sourcePort: number; readonly destinationPort: number }
  | { readonly kind: 'icmp'; readonly type: number; readonly code: number };

/** Bits of the 14th octet of the TCP header (RFC 9293 section 3.1). */
export const TCP_FLAG = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20 } as const;

/** Extension headers with a length in units of eight octets after the first eight (RFC 8200 section 4). */
const EXTENSIONS: readonly number[] = [0, 43, 60, 135];
const FRAGMENT = 44;

/** More extension headers than this are left unread: RFC 8200 names six kinds, a flood could name hundreds. */
const MAX_EXTENSIONS = 8;

const OFFSET_BITS = 0x1fff;

/** Reads the headers of an IPv4 or IPv6 packet. @throws DecodeError when not even the addresses are there */
export function decodePacketHeaders(bytes: Uint8Array): PacketHeaders {
  const reader = new Reader(bytes);
  const first = reader.u8();
  if (first >> 4 === 4) return decodeIpv4(reader, first & 15);
  if (first >> 4 === 6) return decodeIpv6(reader);
  throw reader.error(`IP version ${first >> 4}, 4 or 6 is wanted`);
}

function decodeIpv4(reader: Reader, words: number): PacketHeaders {
  if (words < 5) throw reader.error(`an IPv4 header of ${words * 4} octets, 20 is the least`);
  reader.skip(5);
  const isFirst = (reader.u16() & OFFSET_BITS) === 0;
  reader.skip(1);
  const protocol = reader.u8();
  reader.skip(2);
  const source = ipv4.decode(reader);
  const destination = ipv4.decode(reader);
  const options = words * 4 - 20;
  const hasMore = isFirst && reader.remaining >= options;
  if (hasMore) reader.skip(options);
  return { source, destination, protocol, transport: hasMore ? transportOf(reader, protocol) : undefined };
}

function decodeIpv6(reader: Reader): PacketHeaders {
  reader.skip(5);
  const first = reader.u8();
  reader.skip(1);
  const source = ipv6.decode(reader);
  const destination = ipv6.decode(reader);
  const { protocol, isReadable } = skipExtensions(reader, first);
  return { source, destination, protocol, transport: isReadable ? transportOf(reader, protocol) : undefined };
}

/** Goes over the extension headers; what comes next is not readable if they were cut off or this is a later fragment. */
function skipExtensions(reader: Reader, first: number): { protocol: number; isReadable: boolean } {
  let protocol = first;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    const isFragment = protocol === FRAGMENT;
    if (!isFragment && !EXTENSIONS.includes(protocol)) return { protocol, isReadable: true };
    if (reader.remaining < 8) return { protocol, isReadable: false };
    protocol = reader.u8();
    const length = reader.u8() * 8;
    const offset = reader.u16() >> 3;
    reader.skip(4);
    if (isFragment ? offset !== 0 : reader.remaining < length) return { protocol, isReadable: false };
    if (!isFragment) reader.skip(length);
  }
  return { protocol, isReadable: false };
}

function transportOf(reader: Reader, protocol: number): TransportHeader | undefined {
  switch (protocol) {
    case PROTOCOL.TCP:
      if (reader.remaining < 14) return undefined;
      return { kind: 'tcp', sourcePort: reader.u16(), destinationPort: reader.u16(), flags: flagsOf(reader) };
    case PROTOCOL.UDP:
      if (reader.remaining < 4) return undefined;
      return { kind: 'udp', sourcePort: reader.u16(), destinationPort: reader.u16() };
    case PROTOCOL.ICMP:
    case PROTOCOL.ICMPV6:
      if (reader.remaining < 2) return undefined;
      return { kind: 'icmp', type: reader.u8(), code: reader.u8() };
    default:
      return undefined;
  }
}

function flagsOf(reader: Reader): number {
  reader.skip(9);
  return reader.u8();
}
