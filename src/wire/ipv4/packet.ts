import type { Ipv4 } from '../../base/ipv4.ts';
import { Reader } from '../../base/reader.ts';
import { written } from '../../base/writer.ts';
import { ipv4, u16, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { internetChecksum } from './checksum.ts';

/** IANA protocol numbers. */
export const PROTOCOL = { ICMP: 1, TCP: 6, UDP: 17, GRE: 47, ESP: 50, ICMPV6: 58, SCTP: 132 } as const;

export interface Ipv4Packet {
  /** {@link PROTOCOL} */
  readonly protocol: number;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  /** 1 to 255. */
  readonly timeToLive: number;
  readonly payload: Uint8Array;
}

/** The fixed part of the header (RFC 791 §3.1). */
const header = struct({
  versionAndLength: u8,
  typeOfService: u8,
  totalLength: u16,
  identification: u16,
  fragment: u16,
  timeToLive: u8,
  protocol: u8,
  checksum: u16,
  source: ipv4,
  destination: ipv4,
});

const HEADER_LENGTH = 20;
/** Version 4 and five words of header. */
const VERSION_AND_LENGTH = 0x45;
/** "More fragments" and the fragment offset: any of them set and this is not a whole datagram. */
const FRAGMENT_BITS = 0x3fff;

/** Reads one whole datagram; octets behind its total length are link-layer padding. Fragments are refused. @throws DecodeError */
export function decodeIpv4Packet(bytes: Uint8Array): Ipv4Packet {
  const reader = new Reader(bytes);
  const head = header.decode(reader);
  const headerLength = (head.versionAndLength & 15) * 4;
  if (head.versionAndLength >> 4 !== 4) throw reader.error('IP version 4 is wanted');
  if (headerLength < HEADER_LENGTH || headerLength > head.totalLength || head.totalLength > bytes.length) {
    throw reader.error(
      `header of ${headerLength} and total of ${head.totalLength} octets do not fit ${bytes.length}`,
    );
  }
  if (internetChecksum([bytes.subarray(0, headerLength)]) !== 0)
    throw reader.error('the header checksum is wrong');
  if (head.fragment & FRAGMENT_BITS) throw reader.error('a whole datagram is wanted, this is a fragment');
  const { protocol, source, destination, timeToLive } = head;
  return {
    protocol,
    source,
    destination,
    timeToLive,
    payload: bytes.subarray(headerLength, head.totalLength),
  };
}

/** The sum of the two words of an address. */
function wordsOf(address: Ipv4): number {
  return (address >>> 16) + (address & 0xffff);
}

/** What the addresses add to a checksum: of this header, and of the pseudo-header of what it carries. */
export function addressWords({ source, destination }: Pick<Ipv4Packet, 'source' | 'destination'>): number {
  return wordsOf(source) + wordsOf(destination);
}

/** Writes a datagram without IP options, unfragmented, identification 0 (RFC 6864 §4.1), its payload in parts. */
export function encodeIpv4Packet(
  packet: Omit<Ipv4Packet, 'payload'>,
  payload: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const { protocol, source, destination, timeToLive } = packet;
  let totalLength = HEADER_LENGTH;
  for (const part of payload) totalLength += part.length;
  const words = (VERSION_AND_LENGTH << 8) + totalLength + (timeToLive << 8) + protocol;
  return written((writer) => {
    header.encode(writer, {
      versionAndLength: VERSION_AND_LENGTH,
      typeOfService: 0,
      totalLength,
      identification: 0,
      fragment: 0,
      timeToLive,
      protocol,
      checksum: internetChecksum([], words + addressWords(packet)),
      source,
      destination,
    });
    for (const part of payload) writer.bytes(part);
  });
}
