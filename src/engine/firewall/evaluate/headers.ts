import { isIpv4 } from '../../../base/address.ts';
import { ETH_P } from '../../../base/ether-type.ts';
import { type Ipv4, ipv4Bytes } from '../../../base/ipv4.ts';
import { type Ipv6, ipv6Bytes } from '../../../base/ipv6.ts';
import { macBytes } from '../../../base/mac.ts';
import { Writer } from '../../../base/writer.ts';
import { type Packet, type Transport, protocolOf } from './packet.ts';

/** The three headers that `payload` reads from; a packet that the box makes has no link header yet. */
export interface Headers {
  readonly link: Uint8Array | undefined;
  readonly network: Uint8Array;
  readonly transport: Uint8Array;
}

/** The Ethernet type of the packet. */
export function etherTypeOf({ source }: Packet): number {
  return isIpv4(source) ? ETH_P.IP : ETH_P.IPV6;
}

/**
 * The packet as bytes, without checksums, options and data: rules do not look there. The neighbour's destination
 * address is left zero, because no rule can tell the box's own.
 */
export function headersOf(packet: Packet): Headers {
  const transport = transportHeader(packet.transport);
  return { link: linkHeader(packet), network: networkHeader(packet, transport.length), transport };
}

function linkHeader(packet: Packet): Uint8Array | undefined {
  if (packet.sender === null) return undefined;
  return new Writer(14)
    .bytes(new Uint8Array(6))
    .bytes(macBytes(packet.sender))
    .u16(etherTypeOf(packet))
    .finish();
}

/** RFC 791 section 3.1, RFC 8200 section 3. */
function networkHeader(packet: Packet, payloadLength: number): Uint8Array {
  const { source, destination, hopLimit } = packet;
  const protocol = protocolOf(packet);
  if (isIpv4(source)) {
    return new Writer(20)
      .u16(0x4500)
      .u16(20 + payloadLength)
      .u32(0)
      .u8(hopLimit)
      .u8(protocol)
      .u16(0)
      .bytes(ipv4Bytes(source))
      .bytes(ipv4Bytes(destination as Ipv4))
      .finish();
  }
  return new Writer(40)
    .u32(0x6000_0000)
    .u16(payloadLength)
    .u8(protocol)
    .u8(hopLimit)
    .bytes(ipv6Bytes(source))
    .bytes(ipv6Bytes(destination as Ipv6))
    .finish();
}

/** What every protocol has at least behind the IP header; rules that look there without asking for one see zeros. */
const SOME_HEADER = 8;

/** RFC 9293 section 3.1, RFC 768, RFC 792 and RFC 4443. */
function transportHeader(transport: Transport): Uint8Array {
  switch (transport.kind) {
    case 'tcp':
      return new Writer(20)
        .u16(transport.sourcePort)
        .u16(transport.destinationPort)
        .u32(0)
        .u32(0)
        .u8(0x50)
        .u8(transport.flags)
        .u16(0xffff)
        .u32(0)
        .finish();
    case 'udp':
      return new Writer(8).u16(transport.sourcePort).u16(transport.destinationPort).u16(8).u16(0).finish();
    case 'icmp':
      return new Writer(8)
        .u8(transport.type)
        .u8(transport.code)
        .u16(0)
        .u16(transport.identifier)
        .u16(0)
        .finish();
    case 'other':
    default:
      return new Uint8Array(SOME_HEADER);
  }
}
