import { UserError } from '../../base/errors.ts';
import { fromHex } from '../../base/hex.ts';
import { type Ipv4, UNSPECIFIED, ipv4Bytes, tryParseIpv4 } from '../../base/ipv4.ts';
import { tryParsePrefix4 } from '../../base/prefix.ts';
import { utf8 } from '../../base/text.ts';
import { encodeAll } from '../field/codec.ts';
import { u16, u32 } from '../field/scalars.ts';
import { nameList } from './name-list.ts';
import { type StaticRoute, classlessRoutes } from './routes.ts';

/** The kinds of values an owner can write for an option. */
export const OPTION_TYPES = [
  'text',
  'ipv4',
  'ipv4-list',
  'u8',
  'u16',
  'u32',
  'boolean',
  'domain-list',
  'routes',
  'hex',
] as const;
export type OptionType = (typeof OPTION_TYPES)[number];

/** A value as written: JSON without null and objects. */
export type WrittenValue = string | number | boolean | readonly string[];

/** What each type takes, for messages to people. */
export const WANTED_VALUE: Readonly<Record<OptionType, string>> = {
  text: 'a text of 1 to 255 octets without control characters',
  ipv4: 'an IPv4 address such as "192.168.77.2"',
  'ipv4-list': 'a list of IPv4 addresses such as ["192.168.77.2", "192.168.77.3"]',
  u8: 'a whole number from 0 to 255',
  u16: 'a whole number from 0 to 65535',
  u32: 'a whole number from 0 to 4294967295',
  boolean: 'true or false',
  'domain-list': 'a list of domain names such as ["office.example"]',
  routes: 'a list of routes such as ["10.0.0.0/8 via 192.168.77.2"]',
  hex: 'pairs of hexadecimal digits such as "0a0b0c"',
};

/** One option is at most this long; above 255 octets it is sent in parts (RFC 3396). */
const MAX_VALUE = 1024;
const MAX_TEXT = 255;
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?';
const DOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*\\.?$`, 'i');
const MAX_DOMAIN = 253;

/** Undefined stands for "not a value of this type". */
type Encode = (value: WrittenValue) => Uint8Array | undefined;

function isInteger(value: WrittenValue, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

/** Every element of a list that is not empty, read by `parse`; a single text counts as a list of one. */
function eachOf<T>(value: WrittenValue, parse: (text: string) => T | undefined): T[] | undefined {
  const texts = typeof value === 'string' ? [value] : value;
  if (typeof texts !== 'object' || texts.length === 0) return undefined;
  const parsed = texts.map(parse).filter((one) => one !== undefined);
  return parsed.length === texts.length ? parsed : undefined;
}

function route(text: string): StaticRoute | undefined {
  const [prefix = '', router, ...more] = text.split(' via ');
  const destination = tryParsePrefix4(prefix.trim());
  const next = router === undefined ? UNSPECIFIED : tryParseIpv4(router.trim());
  return destination === undefined || next === undefined || more.length > 0
    ? undefined
    : { destination, router: next };
}

function text(value: WrittenValue): Uint8Array | undefined {
  if (typeof value !== 'string' || value === '' || /[\0-\x1f\x7f]/.test(value)) return undefined;
  const bytes = utf8(value);
  return bytes.length <= MAX_TEXT ? bytes : undefined;
}

function addresses(list: readonly Ipv4[]): Uint8Array {
  return Uint8Array.from(list.flatMap((address) => [...ipv4Bytes(address)]));
}

function domains(value: WrittenValue): Uint8Array | undefined {
  const names = eachOf(value, (name) => (DOMAIN.test(name) && name.length <= MAX_DOMAIN ? name : undefined));
  return names && encodeAll(nameList, names);
}

function hex(value: WrittenValue): Uint8Array | undefined {
  return typeof value === 'string' && /^([0-9a-f]{2}[:\s]?)+$/i.test(value) ? fromHex(value) : undefined;
}

const ENCODE: Readonly<Record<OptionType, Encode>> = {
  text,
  ipv4(value) {
    const address = typeof value === 'string' ? tryParseIpv4(value) : undefined;
    return address === undefined ? undefined : ipv4Bytes(address);
  },
  'ipv4-list'(value) {
    const list = eachOf(value, tryParseIpv4);
    return list && addresses(list);
  },
  u8: (value) => (isInteger(value, 0xff) ? Uint8Array.of(value) : undefined),
  u16: (value) => (isInteger(value, 0xffff) ? encodeAll(u16, value) : undefined),
  u32: (value) => (isInteger(value, 0xffff_ffff) ? encodeAll(u32, value) : undefined),
  boolean: (value) => (typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : undefined),
  'domain-list': domains,
  routes(value) {
    const routes = eachOf(value, route);
    return routes && encodeAll(classlessRoutes, routes);
  },
  hex,
};

/** The octets of an option. @throws UserError saying what the type takes */
export function encodeOptionValue(type: OptionType, value: WrittenValue): Uint8Array {
  const bytes = ENCODE[type](value);
  if (bytes === undefined)
    throw new UserError(`Cannot use ${JSON.stringify(value)} as ${type}: wanted is ${WANTED_VALUE[type]}`);
  if (bytes.length > MAX_VALUE)
    throw new UserError(
      `Cannot use a value of ${bytes.length} octets: an option has room for ${MAX_VALUE} octets`,
    );
  return bytes;
}
