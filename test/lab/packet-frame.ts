import { isIpv4 } from '../../src/base/address.ts';
import { concatBytes } from '../../src/base/bytes.ts';
import { type Ipv4, ipv4Bytes, ipv4FromBytes } from '../../src/base/ipv4.ts';
import { type Ipv6, ipv6Bytes, ipv6FromBytes } from '../../src/base/ipv6.ts';
import { type Mac, macBytes } from '../../src/base/mac.ts';
import { Writer } from '../../src/base/writer.ts';
import { type Packet, protocolOf } from '../../src/engine/firewall/evaluate/packet.ts';
import { internetChecksum } from '../../src/wire/ipv4/checksum.ts';

/*
 * Whole Ethernet frames of single packets, with a mark and a number as their data, by which they are known again
 * wherever they come out, translated or within an ICMP error.
 */

/** Bytes of data in every packet. */
export const DATA_LENGTH = 8;
const MARK = [0x47, 0x50, 0xe1, 0x97] as const;
const HEADER = { ETHERNET: 14, IPV4: 20, IPV6: 40, TCP: 20, UDP: 8, ICMP: 8 } as const;
const ETHER_TYPE = { IPV4: 0x0800, ARP: 0x0806, IPV6: 0x86dd } as const;
const PROTOCOL = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58 } as const;

function addressOf(address: Ipv4 | Ipv6): Uint8Array {
  return isIpv4(address) ? ipv4Bytes(address) : ipv6Bytes(address);
}

/** What TCP, UDP and ICMPv6 count into their checksums besides their own bytes (RFC 9293 §3.1, RFC 8200 §8.1). */
function pseudoHeader({ source, destination }: Packet, protocol: number, length: number): Uint8Array {
  return concatBytes([
    addressOf(source),
    addressOf(destination),
    new Writer(8).u32(length).u32(protocol).finish(),
  ]);
}

export interface Numbers {
  /** Known again in what comes out. */
  readonly token: number;
  /** Of TCP: its own place in the stream, which is the token where none is given, and what is acknowledged. */
  readonly sequence?: number | undefined;
  readonly acknowledged?: number | undefined;
}

function segment(packet: Packet, { token, sequence = token, acknowledged = 0 }: Numbers): Uint8Array {
  const data = new Writer(8).bytes(Uint8Array.from(MARK)).u32(token).finish();
  const { transport } = packet;
  switch (transport.kind) {
    case 'tcp':
      return new Writer(HEADER.TCP)
        .u16(transport.sourcePort)
        .u16(transport.destinationPort)
        .u32(sequence)
        .u32(acknowledged)
        .u8(0x50)
        .u8(transport.flags)
        .u16(0xffff)
        .u32(0)
        .bytes(data)
        .finish();
    case 'udp':
      return new Writer(HEADER.UDP)
        .u16(transport.sourcePort)
        .u16(transport.destinationPort)
        .u16(HEADER.UDP + data.length)
        .u16(0)
        .bytes(data)
        .finish();
    case 'icmp':
      return new Writer(HEADER.ICMP)
        .u8(transport.type)
        .u8(transport.code)
        .u16(0)
        .u16(transport.identifier)
        .u16(1)
        .bytes(data)
        .finish();
    case 'other':
    default:
      return data;
  }
}

const CHECKSUM_AT: Readonly<Record<number, number>> = {
  [PROTOCOL.TCP]: 16,
  [PROTOCOL.UDP]: 6,
  [PROTOCOL.ICMP]: 2,
  [PROTOCOL.ICMPV6]: 2,
};

function checksummed(packet: Packet, bytes: Uint8Array): Uint8Array {
  const protocol = protocolOf(packet);
  const at = CHECKSUM_AT[protocol];
  if (at === undefined) return bytes;
  const pseudo = protocol === PROTOCOL.ICMP ? [] : [pseudoHeader(packet, protocol, bytes.length)];
  const sum = internetChecksum([...pseudo, bytes]);
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, sum === 0 ? 0xffff : sum);
  return bytes;
}

function networkHeader(packet: Packet, length: number): Uint8Array {
  const { source, destination, hopLimit } = packet;
  const ends = [addressOf(source), addressOf(destination)];
  if (!isIpv4(source)) {
    const head = new Writer(8).u32(0x6000_0000).u16(length).u8(protocolOf(packet)).u8(hopLimit).finish();
    return concatBytes([head, ...ends]);
  }
  const head = new Writer(12)
    .u16(0x4500)
    .u16(HEADER.IPV4 + length)
    .u32(0x4000);
  const bytes = concatBytes([head.u8(hopLimit).u8(protocolOf(packet)).u16(0).finish(), ...ends]);
  new DataView(bytes.buffer).setUint16(10, internetChecksum([bytes]));
  return bytes;
}

/** The packet as a frame from its sender to the box. */
export function encodeFrame(packet: Packet, to: Mac, numbers: Numbers): Uint8Array {
  const { sender, source } = packet;
  if (sender === null) throw new TypeError('Cannot send a packet that nobody sends');
  const body = checksummed(packet, segment(packet, numbers));
  const type = isIpv4(source) ? ETHER_TYPE.IPV4 : ETHER_TYPE.IPV6;
  const link = new Writer(HEADER.ETHERNET).bytes(macBytes(to)).bytes(macBytes(sender)).u16(type).finish();
  return concatBytes([link, networkHeader(packet, body.length), body]);
}

/** An ARP request of RFC 826, which the box answers behind all that was sent before. */
export function encodeArpRequest(from: Mac, sender: Ipv4, asked: Ipv4): Uint8Array {
  return new Writer(42)
    .bytes(new Uint8Array(6).fill(0xff))
    .bytes(macBytes(from))
    .u16(ETHER_TYPE.ARP)
    .bytes(Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1))
    .bytes(macBytes(from))
    .bytes(ipv4Bytes(sender))
    .bytes(new Uint8Array(6))
    .bytes(ipv4Bytes(asked))
    .finish();
}

/** What was seen on a wire of one of the packets sent. */
export type Sighting =
  /** The packet itself. */
  | {
      readonly kind: 'packet';
      readonly token: number;
      readonly source: Ipv4 | Ipv6;
      readonly destination: Ipv4 | Ipv6;
      readonly sourcePort: number;
      readonly destinationPort: number;
      readonly icmpType: number | undefined;
    }
  /** An ICMP error about it. */
  | { readonly kind: 'error'; readonly token: number; readonly type: number; readonly code: number }
  /** A reset, which has no data: known by the ports of the connection. */
  | { readonly kind: 'reset'; readonly sourcePort: number; readonly destinationPort: number };

function tokenIn(bytes: Uint8Array): number | undefined {
  for (let at = bytes.length - 8; at >= 0; at--) {
    if (MARK.every((byte, i) => bytes[at + i] === byte))
      return new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(4);
  }
  return undefined;
}

export function isArpReply(frame: Uint8Array): boolean {
  return frame[12] === 0x08 && frame[13] === 0x06 && frame[21] === 2;
}

/** Undefined for frames that have nothing to do with the packets sent. */
export function decodeSighting(frame: Uint8Array): Sighting | undefined {
  const network = networkOf(frame);
  if (network === undefined) return undefined;
  const { protocol, view, at } = network;
  const token = tokenIn(frame);
  if (token === undefined)
    return protocol === PROTOCOL.TCP && (view.getUint8(at + 13) & RESET) !== 0
      ? { kind: 'reset', ...portsOf(view, protocol, at) }
      : undefined;
  const isIcmp = protocol === PROTOCOL.ICMP || protocol === PROTOCOL.ICMPV6;
  const type = isIcmp ? view.getUint8(at) : undefined;
  if (type !== undefined && isError(protocol, type))
    return { kind: 'error', token, type, code: view.getUint8(at + 1) };
  // A redirect says that there is a shorter way, besides forwarding the packet.
  if (protocol === PROTOCOL.ICMPV6 && type === 137) return undefined;
  const { source, destination } = network;
  return { kind: 'packet', token, source, destination, ...portsOf(view, protocol, at), icmpType: type };
}

const RESET = 4;

interface Network {
  readonly view: DataView;
  readonly protocol: number;
  /** Where the transport header begins. */
  readonly at: number;
  readonly source: Ipv4 | Ipv6;
  readonly destination: Ipv4 | Ipv6;
}

function networkOf(frame: Uint8Array): Network | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const type = view.getUint16(12);
  const start = HEADER.ETHERNET;
  const part = (from: number, length: number): Uint8Array =>
    frame.subarray(start + from, start + from + length);
  if (type === ETHER_TYPE.IPV4)
    return {
      view,
      protocol: view.getUint8(start + 9),
      at: start + HEADER.IPV4,
      source: ipv4FromBytes(part(12, 4)),
      destination: ipv4FromBytes(part(16, 4)),
    };
  if (type !== ETHER_TYPE.IPV6) return undefined;
  return {
    view,
    protocol: view.getUint8(start + 6),
    at: start + HEADER.IPV6,
    source: ipv6FromBytes(part(8, 16)),
    destination: ipv6FromBytes(part(24, 16)),
  };
}

function isError(protocol: number, type: number): boolean {
  return protocol === PROTOCOL.ICMP ? [3, 4, 5, 11, 12].includes(type) : type < 128;
}

/** As connection tracking sees them: the identifier of an echo is the port at both ends. */
function portsOf(
  view: DataView,
  protocol: number,
  at: number,
): { readonly sourcePort: number; readonly destinationPort: number } {
  if (protocol === PROTOCOL.TCP || protocol === PROTOCOL.UDP)
    return { sourcePort: view.getUint16(at), destinationPort: view.getUint16(at + 2) };
  if (protocol === PROTOCOL.ICMP || protocol === PROTOCOL.ICMPV6)
    return { sourcePort: view.getUint16(at + 4), destinationPort: view.getUint16(at + 4) };
  return { sourcePort: 0, destinationPort: 0 };
}
