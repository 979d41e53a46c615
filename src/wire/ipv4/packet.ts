import { concatBytes } from '../../base/bytes.ts';
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
const CHECKSUM_AT = 10;
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

/** Writes a datagram without IP options, unfragmented, identification 0 (RFC 6864 §4.1). */
export function encodeIpv4Packet(packet: Ipv4Packet): Uint8Array<ArrayBuffer> {
  const { protocol, source, destination, timeToLive, payload } = packet;
  const head = written((writer) =>
    header.encode(writer, {
      versionAndLength: 0x45,
      typeOfService: 0,
      totalLength: HEADER_LENGTH + payload.length,
      identification: 0,
      fragment: 0,
      timeToLive,
      protocol,
      checksum: 0,
      source,
      destination,
    }),
  );
  const sum = internetChecksum([head]);
  head.set([sum >>> 8, sum & 255], CHECKSUM_AT);
  return concatBytes([head, payload]);
}
