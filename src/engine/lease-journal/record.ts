import { DecodeError } from '../../base/errors.ts';
import { fromHex, toHex } from '../../base/hex.ts';
import { Timestamp } from '../../base/instant.ts';
import { type Ipv4, ipv4Bytes, ipv4FromBytes } from '../../base/ipv4.ts';
import { macBytes, macFromBytes } from '../../base/mac.ts';
import { Reader } from '../../base/reader.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import { Writer } from '../../base/writer.ts';
import type { DeclinedAddress, LeaseBinding } from '../../port/lease-journal.ts';

/** Record types of the lease journal. */
const LEASE = { BOUND: 1, ENDED: 2, DECLINED: 3 } as const;

const TYPES = { bound: LEASE.BOUND, ended: LEASE.ENDED, declined: LEASE.DECLINED } as const;

/** A client identifier and a host name are options of at most 255 octets (RFC 2132 section 2). */
const MAX_TEXT = 255;
/** What reads back as it was written; other names may have to be repaired or cut. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** What the journal says of one address; the last record holds. */
export type LeaseRecord =
  | { readonly kind: 'bound'; readonly binding: LeaseBinding }
  /** `binding` is what ended, if that is known: its client is to get the address again. */
  | { readonly kind: 'ended'; readonly address: Ipv4; readonly binding?: LeaseBinding | undefined }
  | { readonly kind: 'declined'; readonly declined: DeclinedAddress };

/** A record as the journal takes it: all of it is in the header, the payload is empty. */
export interface EncodedLease {
  readonly type: number;
  readonly header: Uint8Array;
}

export function addressOf(record: LeaseRecord): Ipv4 {
  if (record.kind === 'bound') return record.binding.address;
  return record.kind === 'ended' ? record.address : record.declined.address;
}

/**
 * ```
 * BOUND     address u32, expires u64 (milliseconds since 1970), MAC 6 bytes,
 *           client length u8 and bytes, host name length u8 and UTF-8 (length 0: none),
 *           since u64 (left out if not known)
 * ENDED     address u32, then as BOUND what ended (left out if not known)
 * DECLINED  address u32, until u64
 * ```
 */
export function encodeLease(record: LeaseRecord): EncodedLease {
  const writer = new Writer(64).bytes(ipv4Bytes(addressOf(record)));
  if (record.kind !== 'declined' && record.binding !== undefined) {
    const { binding } = record;
    writeTime(writer, binding.expires);
    writer.bytes(macBytes(binding.mac));
    writeText(writer, fromHex(binding.client));
    writeText(writer, utf8(recordableName(binding.hostName) ?? ''));
    if (binding.since !== undefined) writeTime(writer, binding.since);
  }
  if (record.kind === 'declined') writeTime(writer, record.declined.until);
  return { type: TYPES[record.kind], header: writer.finish() };
}

/** @throws DecodeError */
export function decodeLease(type: number, header: Uint8Array): LeaseRecord {
  const reader = new Reader(header);
  const address = ipv4FromBytes(reader.bytes(4));
  const record = decodeRest(type, address, reader);
  reader.finish();
  return record;
}

function decodeRest(type: number, address: Ipv4, reader: Reader): LeaseRecord {
  switch (type) {
    case LEASE.BOUND:
      return { kind: 'bound', binding: readBinding(address, reader) };
    case LEASE.ENDED:
      return reader.remaining === 0
        ? { kind: 'ended', address }
        : { kind: 'ended', address, binding: readBinding(address, reader) };
    case LEASE.DECLINED:
      return { kind: 'declined', declined: { address, until: readTime(reader) } };
    default:
      throw new DecodeError(`Cannot read a lease record of type ${type}`, { offset: 0, path: '' });
  }
}

function readBinding(address: Ipv4, reader: Reader): LeaseBinding {
  const expires = readTime(reader);
  const mac = macFromBytes(reader.bytes(6));
  const client = toHex(reader.bytes(reader.u8()));
  const hostName = fromUtf8(reader.bytes(reader.u8()));
  const binding = { address, client, mac, hostName: hostName === '' ? undefined : hostName, expires };
  return reader.remaining === 0 ? binding : { ...binding, since: readTime(reader) };
}

/** A time without end is written as the last one that fits. */
function wholeTime(time: Timestamp): Timestamp {
  return Timestamp(Math.max(0, Math.min(Math.ceil(time), Number.MAX_SAFE_INTEGER)));
}

function writeTime(writer: Writer, time: Timestamp): void {
  writer.u64(BigInt(wholeTime(time)));
}

function readTime(reader: Reader): Timestamp {
  return Timestamp(Number(reader.u64()));
}

function writeText(writer: Writer, bytes: Uint8Array): void {
  writer.u8(bytes.length).bytes(bytes);
}

/**
 * The binding as it reads back from its record: the host name, only for show, is cut to what fits, and so is the time. Compared in this
 * form, a strange name or a lease without end is no reason to write at each renewal.
 */
export function recordable(binding: LeaseBinding): LeaseBinding {
  const { since } = binding;
  const cut = { ...binding, hostName: recordableName(binding.hostName), expires: wholeTime(binding.expires) };
  return since === undefined ? cut : { ...cut, since: wholeTime(since) };
}

function recordableName(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  if (name.length <= MAX_TEXT && PRINTABLE_ASCII.test(name)) return name;
  const characters = Array.from(name.slice(0, MAX_TEXT));
  while (utf8(characters.join('')).length > MAX_TEXT) characters.pop();
  return fromUtf8(utf8(characters.join('')));
}
