import { isIpv4 } from '../../../base/address.ts';
import { ipv4Bytes } from '../../../base/ipv4.ts';
import { ipv6Bytes } from '../../../base/ipv6.ts';
import { NFPROTO } from '../../../wire/nftables/constants.ts';
import { NFT_CT } from '../../../wire/nftables/expression/ct.ts';
import { NFTA_FIB_F, NFT_FIB_RESULT } from '../../../wire/nftables/expression/fib.ts';
import { NFT_META } from '../../../wire/nftables/expression/meta.ts';
import { NFT_PAYLOAD } from '../../../wire/nftables/expression/payload.ts';
import { deviceKey } from '../statement.ts';
import { etherTypeOf, headersOf } from './headers.ts';
import { unknownTo, wanted } from './outcome.ts';
import { protocolOf } from './packet.ts';
import type { Passage } from './passage.ts';
import { statusOf } from './tracking.ts';
import { hopTo, isLinkLocal, isOwn, kindOf } from './surroundings.ts';

/** A number in host order: little-endian on every board we run on. */
function hostWord(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** A name as rules compare it; a device that is not there has an empty one. */
function nameBytes(device: string | null): Uint8Array {
  return device === null ? new Uint8Array(16) : deviceKey(device);
}

/** Numbers of devices are the kernel's own: all that a rule can tell from ours is whether there is one. */
function indexOf({ surroundings }: Passage, device: string | null): number {
  return device === null ? 0 : surroundings.devices.findIndex(({ name }) => name === device) + 1;
}

/** All devices of the box are Ethernet to rules (linux/if_arp.h), 16 bits in host order. */
const ARPHRD_ETHER = [1, 0] as const;

/** NFT_META_* */
export function metaOf(passage: Passage, key: number): Uint8Array {
  const { packet, inDevice, outDevice, marks } = passage;
  const facts: Readonly<Record<number, () => Uint8Array>> = {
    [NFT_META.PROTOCOL]: () => Uint8Array.of(etherTypeOf(packet) >> 8, etherTypeOf(packet) & 255),
    [NFT_META.MARK]: () => hostWord(marks.packet),
    [NFT_META.IIF]: () => hostWord(indexOf(passage, inDevice)),
    [NFT_META.OIF]: () => hostWord(indexOf(passage, outDevice)),
    [NFT_META.IIFNAME]: () => nameBytes(inDevice),
    [NFT_META.OIFNAME]: () => nameBytes(outDevice),
    [NFT_META.IIFTYPE]: () => Uint8Array.of(...ARPHRD_ETHER),
    [NFT_META.NFPROTO]: () => Uint8Array.of(isIpv4(packet.source) ? NFPROTO.IPV4 : NFPROTO.IPV6),
    [NFT_META.L4PROTO]: () => Uint8Array.of(protocolOf(packet)),
  };
  return (facts[key] ?? (() => unknownTo(`meta key ${key}`)))();
}

/** NFT_CT_*: undefined where the packet belongs to no connection. `side` is 0 for original, 1 for reply. */
export function connectionFact({ tracking, marks }: Passage, key: number, side = 0): Uint8Array | undefined {
  if (key === NFT_CT.STATE) return hostWord(tracking.state);
  const { connection, direction } = tracking;
  if (connection === undefined) return undefined;
  const { source, destination } = side === 0 ? connection.original : connection.reply;
  const facts: Readonly<Record<number, () => Uint8Array>> = {
    [NFT_CT.STATUS]: () => hostWord(statusOf(tracking) ?? 0),
    [NFT_CT.DIRECTION]: () => Uint8Array.of(direction === 'original' ? 0 : 1),
    [NFT_CT.MARK]: () => hostWord(marks.connection),
    [NFT_CT.PROTO_DST]: () => Uint8Array.of(destination.port >> 8, destination.port & 255),
    [NFT_CT.SRC_IP]: () => addressBytes(source.address),
    [NFT_CT.DST_IP]: () => addressBytes(destination.address),
  };
  return (facts[key] ?? (() => unknownTo(`ct key ${key}`)))();
}

/** Bytes of one of the packet's headers, or undefined where it does not reach that far. */
export function payloadOf(
  { packet }: Passage,
  base: number,
  offset: number,
  length: number,
): Uint8Array | undefined {
  const { link, network, transport } = headersOf(packet);
  const headers: Readonly<Record<number, Uint8Array | undefined>> = {
    [NFT_PAYLOAD.LL_HEADER]: link,
    [NFT_PAYLOAD.NETWORK_HEADER]: network,
    [NFT_PAYLOAD.TRANSPORT_HEADER]: transport,
  };
  if (!(base in headers)) unknownTo(`payload base ${base}`);
  const header = headers[base];
  return header === undefined || offset + length > header.length
    ? undefined
    : header.slice(offset, offset + length);
}

/** `fib`: what the routing tables say of the packet's source or destination (nft_fib_ipv4.c, nft_fib_ipv6.c). */
export function fibOf(passage: Passage, flags: number, result: number | undefined): Uint8Array {
  const { surroundings, packet, inDevice, outDevice } = passage;
  const address = flags & NFTA_FIB_F.DADDR ? packet.destination : packet.source;
  const device = deviceOfFib(flags, inDevice, outDevice);
  if (result === NFT_FIB_RESULT.ADDRTYPE) return hostWord(kindOf(surroundings, address, device));
  if (isSpared(passage)) return routeResult(passage, inDevice, flags, wanted(result, 'a fib result'));
  // The box's own addresses have no way, broadcast addresses that of their network.
  const hop = isOwn(surroundings, address)
    ? undefined
    : hopTo(surroundings, address, isLinkLocal(address) ? inDevice : null);
  const found = hop === undefined || (device !== null && hop.device !== device) ? null : hop.device;
  return routeResult(passage, found, flags, wanted(result, 'a fib result'));
}

function deviceOfFib(flags: number, inDevice: string | null, outDevice: string | null): string | null {
  if (flags & NFTA_FIB_F.IIF) return inDevice;
  return flags & NFTA_FIB_F.OIF ? outDevice : null;
}

/**
 * Packets whose sender has no address yet count as coming the right way: DHCP from 0.0.0.0 to all, and neighbour
 * discovery from :: to a group of the link. So do those that the box sends itself.
 */
function isSpared({ packet, inDevice }: Passage): boolean {
  const { source, destination } = packet;
  if (inDevice === 'lo') return true;
  if (isIpv4(source)) {
    const toAll = destination === 0xffff_ffff || Number(destination) >>> 8 === 0xe0_00_00;
    return source >>> 24 === 0 && toAll;
  }
  const toLinkGroup = !isIpv4(destination) && destination >> 112n === 0xff02n;
  return source === 0n && packet.transport.kind === 'icmp' && toLinkGroup;
}

function routeResult(passage: Passage, device: string | null, flags: number, result: number): Uint8Array {
  if (flags & NFTA_FIB_F.PRESENT) return Uint8Array.of(device === null ? 0 : 1);
  if (result === NFT_FIB_RESULT.OIFNAME) return nameBytes(device);
  return hostWord(indexOf(passage, device));
}

/** An address as registers hold it. */
function addressBytes(address: Passage['packet']['source']): Uint8Array {
  return isIpv4(address) ? ipv4Bytes(address) : ipv6Bytes(address);
}
