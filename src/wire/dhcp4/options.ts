import { withoutTrailing } from '../../base/bytes.ts';
import { DecodeError } from '../../base/errors.ts';
import type { Duration } from '../../base/duration.ts';
import { Seconds } from '../../base/duration.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { fromLatin1, latin1 } from '../../base/text.ts';
import { type Writer, written } from '../../base/writer.ts';
import { decodeAll } from '../field/codec.ts';
import { type Field, type ValueOf, mapped } from '../field/field.ts';
import { ipv4, rest, u16, u32, u8 } from '../field/scalars.ts';
import { MAX_TLV, OPTION_END, OPTION_OVERLOAD } from './constants.ts';
import { clientFqdn } from './fqdn.ts';
import { nameList } from './name-list.ts';
import { classlessRoutes } from './routes.ts';

/** One octet a character. Trailing NULs are dropped, as RFC 2132 §2 demands of receivers. */
const text: Field<string> = mapped(
  rest,
  (bytes) => fromLatin1(withoutTrailing(bytes, 0)),
  (value) => latin1(value),
);

/** Opaque octets that are nearly always printable, one octet a character. */
const octets: Field<string> = mapped(rest, fromLatin1, (value) => latin1(value));

/** Whole seconds on the wire; all ones means for ever (RFC 2131 §3.3). */
const seconds: Field<Duration> = mapped(u32, Seconds, (value) => Math.floor(value / 1000));

const addresses: Field<readonly Ipv4[]> = {
  decode(reader) {
    const list: Ipv4[] = [ipv4.decode(reader)];
    while (reader.remaining > 0) list.push(ipv4.decode(reader));
    return list;
  },
  encode(writer, list) {
    for (const address of list) ipv4.encode(writer, address);
  },
};

const codes: Field<readonly number[]> = mapped(
  rest,
  (bytes) => Array.from(bytes),
  (list) => Uint8Array.from(list),
);

/** "For ever" as a lease time. */
export const INFINITE = Seconds(0xffff_ffff);

/** Options with a typed value: name, number (RFC 2132 unless said otherwise), layout. */
const OPTIONS = {
  subnetMask: { code: 1, field: ipv4 },
  routers: { code: 3, field: addresses },
  dnsServers: { code: 6, field: addresses },
  hostName: { code: 12, field: text },
  domainName: { code: 15, field: text },
  broadcastAddress: { code: 28, field: ipv4 },
  timeServers: { code: 42, field: addresses },
  vendorInfo: { code: 43, field: rest },
  requestedAddress: { code: 50, field: ipv4 },
  leaseTime: { code: 51, field: seconds },
  messageType: { code: 53, field: u8 },
  serverId: { code: 54, field: ipv4 },
  parameterRequestList: { code: 55, field: codes },
  message: { code: 56, field: text },
  maxMessageSize: { code: 57, field: u16 },
  renewalTime: { code: 58, field: seconds },
  rebindingTime: { code: 59, field: seconds },
  vendorClass: { code: 60, field: octets },
  clientId: { code: 61, field: rest },
  tftpServerName: { code: 66, field: text },
  bootFile: { code: 67, field: text },
  /** RFC 4702 */
  clientFqdn: { code: 81, field: clientFqdn },
  /** RFC 3046: echoed as it came. */
  relayAgent: { code: 82, field: rest },
  /** RFC 3397 */
  domainSearch: { code: 119, field: nameList },
  /** RFC 3442 */
  classlessRoutes: { code: 121, field: classlessRoutes },
  /** RFC 5859 */
  tftpServers: { code: 150, field: addresses },
  /** Not registered; the URL of a proxy auto-configuration file, as widely deployed. */
  proxyAutoConfig: { code: 252, field: text },
} as const;

type OptionTable = typeof OPTIONS;
export type OptionName = keyof OptionTable;

/**
 * Options by name. Property order is the order on the wire in both directions. `other` holds, by number, the raw
 * values of options without a name here, and of named ones whose value was malformed; when encoding, a number in
 * `other` takes the place of the named value.
 */
export type Dhcp4Options = {
  readonly [K in OptionName]?: ValueOf<OptionTable[K]['field']> | undefined;
} & { readonly other?: ReadonlyMap<number, Uint8Array> | undefined };

/** The number of a named option. */
export function codeOfOption(name: OptionName): number {
  return OPTIONS[name].code;
}

const NAMES = new Map<number, OptionName>(
  Object.entries(OPTIONS).map(([name, option]) => [option.code, name as OptionName]),
);

function fieldOf(name: OptionName): Field<unknown> {
  return OPTIONS[name].field;
}

/**
 * Named values from raw ones. A malformed value is left raw in `other`: nobody can say by it what could not be said by
 * leaving the option out, and one bad option of a printer must not cost it its lease.
 */
export function namedOptions(raw: ReadonlyMap<number, Uint8Array>): Dhcp4Options {
  const options: Record<string, unknown> = {};
  let other: Map<number, Uint8Array> | undefined;
  for (const [code, bytes] of raw) {
    const name = NAMES.get(code);
    const value = name === undefined ? undefined : tryDecode(fieldOf(name), bytes);
    if (name === undefined || value === undefined) (other ??= new Map()).set(code, bytes);
    else options[name] = value;
  }
  if (other !== undefined) options['other'] = other;
  return options;
}

function tryDecode(field: Field<unknown>, bytes: Uint8Array): unknown {
  try {
    return decodeAll(field, bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The numbers of the options that have a value, in property order, those of `other` last; one that is in both comes twice. */
export function* optionCodes(options: Dhcp4Options): IterableIterator<number> {
  for (const name of Object.keys(options) as (keyof Dhcp4Options)[])
    if (name !== 'other' && options[name] !== undefined) yield codeOfOption(name);
  yield* options.other?.keys() ?? [];
}

function hasValue(options: Dhcp4Options, code: number): boolean {
  const name = NAMES.get(code);
  return (name !== undefined && options[name] !== undefined) || options.other?.get(code) !== undefined;
}

function writeValue(writer: Writer, options: Dhcp4Options, code: number): void {
  const name = NAMES.get(code);
  const raw = options.other?.get(code);
  if (raw !== undefined) writer.bytes(raw);
  else if (name !== undefined) fieldOf(name).encode(writer, options[name]);
}

/**
 * Writes the options of these numbers that have a value, each as one TLV, and END. False if one is too long for a TLV or the writer
 * would hold more than `maxLength`: what was written by then is the caller's to take back.
 */
export function writeOptions(
  writer: Writer,
  options: Dhcp4Options,
  codes: Iterable<number>,
  maxLength: number,
): boolean {
  for (const code of codes) {
    if (code === OPTION_OVERLOAD || !hasValue(options, code)) continue;
    const start = writer.u8(code).u8(0).length;
    writeValue(writer, options, code);
    const length = writer.length - start;
    if (length > MAX_TLV || writer.length >= maxLength) return false;
    writer.patchU8(start - 1, length);
  }
  writer.u8(OPTION_END);
  return true;
}

/** Raw values by number in property order, those of `other` last unless they stand in for a named one. */
export function rawOptions(options: Dhcp4Options): Map<number, Uint8Array> {
  const raw = new Map<number, Uint8Array>();
  for (const code of optionCodes(options))
    raw.set(
      code,
      written((writer) => writeValue(writer, options, code)),
    );
  return raw;
}
