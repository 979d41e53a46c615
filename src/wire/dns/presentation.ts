import { UserError } from '../../base/errors.ts';
import { toHex } from '../../base/hex.ts';
import { parseIpv4 } from '../../base/ipv4.ts';
import { parseIpv6 } from '../../base/ipv6.ts';
import { formatAddress } from '../../base/address.ts';
import { fromLatin1, utf8 } from '../../base/text.ts';
import { type DomainName, isWithin, joinNames, parseDomainName } from './domain-name.ts';
import type { RecordData } from './message.ts';

/** The types an owner can give records of, in the spelling of the configuration. */
const WRITABLE_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT'] as const;
export type WritableType = (typeof WRITABLE_TYPES)[number];

/** Octets of one string of a TXT record (RFC 1035 section 3.3). */
const LONGEST_TEXT = 255;

/** Strings of a TXT record, so that the record fits a message with room to spare. */
const MOST_TEXTS = 64;

function below(name: DomainName, domain: DomainName, text: string): DomainName {
  const whole = joinNames(name, domain);
  if (whole === undefined)
    throw new UserError(
      `Cannot use "${text}" as a name below ${domain}: the whole is longer than 253 characters`,
    );
  return whole;
}

/** What the record codec can hold as well: no escapes. */
function parsePlainName(text: string): DomainName {
  const name = parseDomainName(text);
  if (name.includes('\\'))
    throw new UserError(`Cannot use the name "${text}": letters, digits, "-", "_" and dots are wanted`);
  return name;
}

/**
 * The name a record belongs to: `printer` is a name below `domain`, so is `_sip._tcp`; a name that ends with the domain is meant
 * as it stands, and so is any name with a final dot.
 * @throws UserError
 */
export function parseOwner(text: string, domain: DomainName): DomainName {
  if (text === '@') return domain;
  const name = parsePlainName(text);
  return text.endsWith('.') || isWithin(name, domain) ? name : below(name, domain, text);
}

/** A name a record points at: a single label is a name below `domain`, any other is meant as it stands. @throws UserError */
export function parseTarget(text: string, domain: DomainName): DomainName {
  const name = parsePlainName(text);
  return text.includes('.') ? name : below(name, domain, text);
}

function parseNumber(text: string | undefined, what: string): number {
  if (text === undefined || !/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UserError(`Cannot read "${text ?? ''}" as the ${what}: a number from 0 to 65535 is wanted`);
  return Number(text);
}

function split(value: string, count: number, form: string): string[] {
  const parts = value.trim().split(/\s+/);
  if (parts.length !== count) throw new UserError(`Cannot read "${value}": wanted is the form "${form}"`);
  return parts;
}

function parseTexts(value: string): RecordData {
  const octets = utf8(value);
  const count = Math.max(1, Math.ceil(octets.length / LONGEST_TEXT));
  if (count > MOST_TEXTS)
    throw new UserError(
      `Cannot use a text of ${octets.length} octets: at most ${MOST_TEXTS * LONGEST_TEXT} fit`,
    );
  const texts = Array.from({ length: count }, (_, i) =>
    octets.slice(i * LONGEST_TEXT, (i + 1) * LONGEST_TEXT),
  );
  return { type: 'TXT', texts };
}

function parseMx(value: string, domain: DomainName): RecordData {
  const [preference, exchange = ''] = split(value, 2, '10 mail.office.example');
  return {
    type: 'MX',
    preference: parseNumber(preference, 'preference'),
    exchange: parseTarget(exchange, domain),
  };
}

function parseSrv(value: string, domain: DomainName): RecordData {
  const [priority, weight, port, target = ''] = split(value, 4, '0 5 5060 sip.office.example');
  return {
    type: 'SRV',
    priority: parseNumber(priority, 'priority'),
    weight: parseNumber(weight, 'weight'),
    port: parseNumber(port, 'port'),
    target: parseTarget(target, domain),
  };
}

/** Reads a record's value as the owner writes it. @throws UserError saying what is wrong with which value */
export function parseRecordData(type: WritableType, value: string, domain: DomainName): RecordData {
  switch (type) {
    case 'A':
      return { type, address: parseIpv4(value) };
    case 'AAAA':
      return { type, address: parseIpv6(value) };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { type, target: parseTarget(value, domain) };
    case 'MX':
      return parseMx(value, domain);
    case 'SRV':
      return parseSrv(value, domain);
    case 'TXT':
      return parseTexts(value);
    default:
      return type satisfies never;
  }
}

/** A string of a TXT record in quotes, octets that are no visible ASCII as `\\DDD` (RFC 1035 section 5.1). */
function formatText(octets: Uint8Array): string {
  const text = fromLatin1(octets).replaceAll(/["\\]|[^ -~]/g, (one) =>
    one === '"' || one === '\\' ? `\\${one}` : `\\${String(one.charCodeAt(0)).padStart(3, '0')}`,
  );
  return `"${text}"`;
}

/** A record's value as in a zone file, names without their final dot. */
export function formatRecordData(data: RecordData): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return formatAddress(data.address);
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return data.target;
    case 'MX':
      return `${data.preference} ${data.exchange}`;
    case 'SRV':
      return `${data.priority} ${data.weight} ${data.port} ${data.target}`;
    case 'TXT':
      return data.texts.map(formatText).join(' ');
    case 'SOA':
      return [data.mname, data.rname, data.serial, data.refresh, data.retry, data.expire, data.minimum].join(
        ' ',
      );
    case 'other':
      // RFC 3597 section 5
      return `\\# ${data.octets.length} ${toHex(data.octets)}`;
    default:
      return data satisfies never;
  }
}
