import { type Ipv4, ipv4FromBytes } from '../../base/ipv4.ts';
import { type Ipv6, ipv6FromBytes, parseIpv6 } from '../../base/ipv6.ts';
import { type Prefix4, contains4, parsePrefix4 } from '../../base/prefix.ts';
import { CLASS, TYPE } from '../../wire/dns/constants.ts';
import { type PackedMessage, type PackedRecord, withoutAdditionals } from '../../wire/dns/packed.ts';

/** Networks no name of the Internet leads to honestly: private, shared, loopback, link-local and "this" (RFC 6890). */
const PRIVATE4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
].map(parsePrefix4);

const LOOPBACK6 = parseIpv6('::1');

function isPrivate4(address: Ipv4, lan: readonly Prefix4[]): boolean {
  return [...PRIVATE4, ...lan].some((prefix) => contains4(prefix, address));
}

/** Unique local fc00::/7, link-local fe80::/10, loopback, unspecified, and IPv4 addresses in IPv6 clothes (RFC 4291 section 2.5.5). */
function isPrivate6(address: Ipv6, lan: readonly Prefix4[]): boolean {
  if (address === LOOPBACK6 || address === 0n) return true;
  if (address >> 121n === 0x7en || address >> 118n === 0x3fan) return true;
  const isMapped = address >> 32n === 0xffffn || address >> 32n === 0n;
  return isMapped && isPrivate4(Number(address & 0xffff_ffffn) as Ipv4, lan);
}

function isPrivateRecord(bytes: Uint8Array, record: PackedRecord, lan: readonly Prefix4[]): boolean {
  if (record.class !== CLASS.IN) return false;
  const data = bytes.subarray(record.dataAt, record.dataAt + record.dataLength);
  if (record.type === TYPE.A && data.length === 4) return isPrivate4(ipv4FromBytes(data), lan);
  if (record.type === TYPE.AAAA && data.length === 16) return isPrivate6(ipv6FromBytes(data), lan);
  return false;
}

/**
 * Whether an upstream's answer leads to an address inside: the way a web page on the Internet reaches devices of the LAN through
 * the visitor's browser (DNS rebinding). Additional records answer nothing, see {@link withoutHintsInside}.
 */
export function leadsInside(message: PackedMessage, lan: readonly Prefix4[]): boolean {
  return message.records.some(
    (record) => record.section !== 'additional' && isPrivateRecord(message.bytes, record, lan),
  );
}

/**
 * An answer whose additional records hold no address inside. A name server adds the addresses of the hosts it names: a domain with one
 * mail host that is inside, wherever that may be, has others that are not, and must not lose them with it.
 */
export function withoutHintsInside(message: PackedMessage, lan: readonly Prefix4[]): PackedMessage {
  const isInside = message.records.some(
    (record) => record.section === 'additional' && isPrivateRecord(message.bytes, record, lan),
  );
  return isInside ? withoutAdditionals(message) : message;
}
