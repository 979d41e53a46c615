import type { Ipv4 } from '../../base/ipv4.ts';
import { Reader } from '../../base/reader.ts';
import { encodeAll } from '../field/codec.ts';
import { u16 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { internetChecksum } from './checksum.ts';
import { PROTOCOL, addressWords, decodeIpv4Packet, encodeIpv4Packet } from './packet.ts';

/** A UDP datagram with its addresses (RFC 768). */
export interface UdpPacket {
  readonly source: Ipv4;
  readonly sourcePort: number;
  readonly destination: Ipv4;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

const header = struct({ sourcePort: u16, destinationPort: u16, length: u16, checksum: u16 });
const HEADER_LENGTH = 8;
const TIME_TO_LIVE = 64;

/** The sum of the words of the header that only the checksum knows. */
function pseudoHeader(addresses: Pick<UdpPacket, 'source' | 'destination'>, length: number): number {
  return addressWords(addresses) + PROTOCOL.UDP + length;
}

/**
 * Reads an IPv4 datagram that carries UDP. `checksumReady` false says that the sender's kernel left the UDP checksum to
 * hardware that is not there (virtual links), so that it cannot be checked. @throws DecodeError
 */
export function decodeUdpPacket(bytes: Uint8Array, checksumReady: boolean): UdpPacket {
  const { protocol, source, destination, payload } = decodeIpv4Packet(bytes);
  const reader = new Reader(payload, bytes.length - payload.length);
  if (protocol !== PROTOCOL.UDP) throw reader.error(`UDP is wanted, found protocol ${protocol}`);
  const head = header.decode(reader);
  if (head.length < HEADER_LENGTH || head.length > payload.length) {
    throw reader.error(`a UDP length of ${head.length} does not fit ${payload.length} octets`);
  }
  const datagram = payload.subarray(0, head.length);
  // RFC 768: a checksum of zero means that the sender made none.
  const checked = checksumReady && head.checksum !== 0;
  if (checked && internetChecksum([datagram], pseudoHeader({ source, destination }, head.length)) !== 0) {
    throw reader.error('the UDP checksum is wrong');
  }
  const { sourcePort, destinationPort } = head;
  return { source, sourcePort, destination, destinationPort, payload: datagram.subarray(HEADER_LENGTH) };
}

/** Writes an IPv4 datagram that carries UDP, with both checksums. */
export function encodeUdpPacket(packet: UdpPacket): Uint8Array<ArrayBuffer> {
  const { source, destination, sourcePort, destinationPort, payload } = packet;
  const length = HEADER_LENGTH + payload.length;
  const words = sourcePort + destinationPort + length;
  const sum = internetChecksum([payload], pseudoHeader(packet, length) + words);
  // RFC 768: zero is sent as all ones, because zero means "none".
  const checksum = sum === 0 ? 0xffff : sum;
  const head = encodeAll(header, { sourcePort, destinationPort, length, checksum });
  const way = { protocol: PROTOCOL.UDP, source, destination, timeToLive: TIME_TO_LIVE };
  return encodeIpv4Packet(way, [head, payload]);
}
