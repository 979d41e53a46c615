import dnsPacket, { type DataCodec, type PackageBuffer } from 'dns-packet';
import { DecodeError, InvariantError, messageOf, unreachable } from '../../base/errors.ts';
import { formatIpv4, ipv4FromBytes } from '../../base/ipv4.ts';
import { formatIpv6, ipv6FromBytes } from '../../base/ipv6.ts';
import { asciiLower } from '../../base/text.ts';
import { CLASS, TYPE } from './constants.ts';
import type { DomainName } from './domain-name.ts';
import type { RecordData } from './message.ts';
import { readName } from './name.ts';
import type { PackedRecord } from './packed.ts';

/** The package's own Buffer class, taken from a value it made: this layer names no API of Node. */
const PackageBuffers = dnsPacket.a.encode('0.0.0.0').constructor;

function toPackage(bytes: Uint8Array): PackageBuffer {
  return PackageBuffers.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function failure(message: string, record: PackedRecord): DecodeError {
  return new DecodeError(message, { offset: record.dataAt, path: 'data' });
}

/** The package reads past lengths and throws all kinds of errors; both end here. */
function decodeWith<T>(codec: DataCodec<T>, message: PackageBuffer, record: PackedRecord): T {
  let data: T;
  try {
    data = codec.decode(message, record.dataAt - 2);
  } catch (error) {
    throw failure(messageOf(error), record);
  }
  if (codec.decode.bytes !== record.dataLength + 2) throw failure('The length of the data is wrong', record);
  return data;
}

/**
 * Whether the package can write the name: labels of visible ASCII without dots and backslashes. The first label of a mail
 * address (RFC 1035 section 8) may hold dots, but neither begin with one nor be the whole name and end with one.
 */
function isPlain(name: DomainName, isMail = false): boolean {
  if (!name.includes('\\')) return true;
  return isMail && /^[^.\\](?:\\\.|[^.\\])*(?:\.[^\\]*)?$/.test(name) && !name.endsWith('\\.');
}

/**
 * Names within data as the package reads them, checked against our own reading from `offset` on: the package writes labels as
 * UTF-8 text with bare dots, so a label holding a dot or an octet that is no visible ASCII is not told from others by it.
 */
function checkNames(message: Uint8Array, record: PackedRecord, skip: number, texts: string[]): DomainName[] {
  let at = record.dataAt + skip;
  const names = texts.map((text) => {
    const found = readName(message, at);
    if (found.name !== asciiLower(text)) throw failure(`The name "${found.name}" is not supported`, record);
    at = found.next;
    return found.name;
  });
  if (at > record.dataAt + record.dataLength) throw failure('The name is longer than the data', record);
  return names;
}

function onlyName(message: Uint8Array, record: PackedRecord, skip: number, text: string): DomainName {
  const [name] = checkNames(message, record, skip, [text]);
  if (
    name === undefined ||
    readName(message, record.dataAt + skip).next !== record.dataAt + record.dataLength
  )
    throw failure('The length of the data is wrong', record);
  return name;
}

const TARGET_CODECS = { NS: dnsPacket.ns, CNAME: dnsPacket.cname, PTR: dnsPacket.ptr } as const;

type Decode = (message: PackageBuffer, record: PackedRecord) => RecordData;

function decodeTarget(type: keyof typeof TARGET_CODECS): Decode {
  return (message, record) => {
    const text = decodeWith(TARGET_CODECS[type], message, record);
    return { type, target: onlyName(message, record, 0, text) };
  };
}

function dataOf(message: Uint8Array, record: PackedRecord): Uint8Array {
  return message.subarray(record.dataAt, record.dataAt + record.dataLength);
}

const DECODERS = new Map<number, Decode>([
  [TYPE.NS, decodeTarget('NS')],
  [TYPE.CNAME, decodeTarget('CNAME')],
  [TYPE.PTR, decodeTarget('PTR')],
  [
    TYPE.A,
    (message, record) => {
      decodeWith(dnsPacket.a, message, record);
      return { type: 'A', address: ipv4FromBytes(dataOf(message, record)) };
    },
  ],
  [
    TYPE.AAAA,
    (message, record) => {
      decodeWith(dnsPacket.aaaa, message, record);
      return { type: 'AAAA', address: ipv6FromBytes(dataOf(message, record)) };
    },
  ],
  [
    TYPE.MX,
    (message, record) => {
      const { preference, exchange } = decodeWith(dnsPacket.mx, message, record);
      return { type: 'MX', preference, exchange: onlyName(message, record, 2, exchange) };
    },
  ],
  [
    TYPE.TXT,
    (message, record) => {
      const texts = decodeWith(dnsPacket.txt, message, record);
      return { type: 'TXT', texts: texts.map((text) => new Uint8Array(text)) };
    },
  ],
  [
    TYPE.SRV,
    (message, record) => {
      const { priority, weight, port, target } = decodeWith(dnsPacket.srv, message, record);
      return { type: 'SRV', priority, weight, port, target: onlyName(message, record, 6, target) };
    },
  ],
  [
    TYPE.SOA,
    (message, record) => {
      const { mname: first, rname: second, ...numbers } = decodeWith(dnsPacket.soa, message, record);
      const [mname, rname] = checkNames(message, record, 0, [first, second]);
      if (mname === undefined || rname === undefined || !isPlain(rname, true))
        throw failure(`The mailbox "${second}" is not supported`, record);
      return { type: 'SOA', mname, rname, ...numbers };
    },
  ],
]);

/** The data of a record in `message`; types without a form of their own, and other classes, keep their octets. @throws DecodeError */
export function decodeData(message: Uint8Array, record: PackedRecord): RecordData {
  const decode = record.class === CLASS.IN ? DECODERS.get(record.type) : undefined;
  if (decode === undefined)
    return { type: 'other', code: record.type, octets: dataOf(message, record).slice() };
  return decode(toPackage(message), record);
}

function plain(name: DomainName, isMail = false): string {
  if (!isPlain(name, isMail)) throw new InvariantError(`Cannot encode the name "${name}" in a record's data`);
  return name;
}

/** The package reserves an octet too many for each escape, so its own length tells where the data ends. */
function withoutLength(data: Uint8Array): Uint8Array {
  const [high = 0, low = 0] = data;
  return data.subarray(2, 2 + high * 256 + low);
}

/** The octets of a record's data. @throws InvariantError for names {@link decodeData} never yields. */
export function encodeData(data: RecordData): Uint8Array {
  switch (data.type) {
    case 'A':
      return withoutLength(dnsPacket.a.encode(formatIpv4(data.address)));
    case 'AAAA':
      return withoutLength(dnsPacket.aaaa.encode(formatIpv6(data.address)));
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return withoutLength(TARGET_CODECS[data.type].encode(plain(data.target)));
    case 'MX':
      return withoutLength(dnsPacket.mx.encode({ ...data, exchange: plain(data.exchange) }));
    case 'TXT':
      return withoutLength(dnsPacket.txt.encode(data.texts.map(toPackage)));
    case 'SRV':
      return withoutLength(dnsPacket.srv.encode({ ...data, target: plain(data.target) }));
    case 'SOA':
      return withoutLength(
        dnsPacket.soa.encode({ ...data, mname: plain(data.mname), rname: plain(data.rname, true) }),
      );
    case 'other':
      return data.octets;
    default:
      return unreachable(data);
  }
}

/** The number of the type of this data. */
export function typeOfData(data: RecordData): number {
  return data.type === 'other' ? data.code : TYPE[data.type];
}
