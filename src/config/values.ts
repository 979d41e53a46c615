import * as z from 'zod';
import { type Duration, parseDuration } from '../base/duration.ts';
import { type Ipv4, tryParseIpv4 } from '../base/ipv4.ts';
import { type Mac, tryParseMac } from '../base/mac.ts';
import { type TlsUpstream, type Upstream, parseTlsUpstream, parseUpstream } from '../base/upstream.ts';
import { type Prefix4, tryParsePrefix4 } from '../base/prefix.ts';

/*
 * The texts a configuration is made of. Each schema turns its text into the value the program uses;
 * the message of each says what is wanted and is what `gatepost check` prints.
 */

function parsedText<T>(wanted: string, parse: (text: string) => T | undefined): z.ZodType<T, string> {
  return z.string(wanted).transform((text, context) => {
    const value = parse(text);
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: wanted, input: text });
      return z.NEVER;
    }
    return value;
  });
}

function orUndefined<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => {
    try {
      return parse(text);
    } catch {
      return undefined;
    }
  };
}

export const ipv4Text: z.ZodType<Ipv4, string> = parsedText(
  'an IPv4 address such as "192.0.2.1"',
  tryParseIpv4,
);
export interface AddressRange {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

function parseAddressRange(text: string): AddressRange | undefined {
  const [first, last] = text.split('-').map((end) => tryParseIpv4(end.trim()));
  if (first === undefined || text.split('-').length > 2) return undefined;
  if (!text.includes('-')) return { first, last: first };
  return last !== undefined && first <= last ? { first, last } : undefined;
}

export const addressRangeText: z.ZodType<AddressRange, string> = parsedText(
  'an address such as "192.168.77.5" or a range, the lower end first, such as "192.168.77.5-192.168.77.9"',
  parseAddressRange,
);
export const prefix4Text: z.ZodType<Prefix4, string> = parsedText(
  'an IPv4 prefix such as "192.168.77.1/24"',
  tryParsePrefix4,
);
export const macText: z.ZodType<Mac, string> = parsedText(
  'a MAC address such as "02:00:00:00:00:20"',
  tryParseMac,
);
/** The address of one station: not a group's (IEEE 802: the lowest bit of the first octet), and not all zeros. */
export const stationMacText = macText.refine(
  (mac) => !/^.[13579bdf]/.test(mac) && mac !== '00:00:00:00:00:00',
  'null, or the MAC address of one device such as "02:00:00:00:00:20"',
);
/** Option 61 of DHCP: at least two octets (RFC 2132 section 9.14); kept as lower-case digits without separators. */
export const clientIdText = z
  .string('hexadecimal digits such as "ff:00:00:00:01"')
  .regex(/^[0-9a-f]{2}([:-]?[0-9a-f]{2}){1,254}$/i, 'hexadecimal digits such as "ff:00:00:00:01"')
  .transform((text) => text.toLowerCase().replaceAll(/[:-]/g, ''));
export const durationText: z.ZodType<Duration, string> = parsedText(
  'a duration such as "90s", "5m", "12h" or "7d"',
  orUndefined(parseDuration),
);

const SIZE_UNITS = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 } as const;

function parseSize(text: string): number | undefined {
  const match = /^(\d{1,6})([KMG])$/.exec(text);
  const unit = match?.[2] as keyof typeof SIZE_UNITS | undefined;
  return unit === undefined ? undefined : Number(match?.[1]) * SIZE_UNITS[unit];
}

/** In octets. */
export const sizeText: z.ZodType<number, string> = parsedText(
  'a size such as "500K", "25M" or "1G"',
  parseSize,
);

/** Days that mail is kept after it was read. */
export const keepDays = z
  .int('a number of days from 0 to 3650')
  .min(0, 'a number of days from 0 to 3650')
  .max(3650, 'a number of days from 0 to 3650');

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  return first >= 1 && last <= 65535 && first <= last ? { first, last } : undefined;
}

export const portRangeText: z.ZodType<PortRange, string> = parsedText(
  'a port such as "8443" or a range such as "5000-5010"',
  parsePortRange,
);

export const portNumber = z
  .int('a port from 1 to 65535')
  .min(1, 'a port from 1 to 65535')
  .max(65535, 'a port from 1 to 65535');

/** A device by its interface name (IFNAMSIZ: at most 15 characters), or by its address so that ports cannot swap at boot. */
export const deviceText = z
  .string('a device name such as "lan0" or "mac:02:00:00:00:00:01"')
  .refine(
    (text) =>
      text.startsWith('mac:')
        ? tryParseMac(text.slice(4)) !== undefined
        : /^[A-Za-z0-9._-]{1,15}$/.test(text),
    {
      error: 'a device name such as "lan0" or "mac:02:00:00:00:00:01"',
    },
  );

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST_LABEL = new RegExp(`^${LABEL}$`, 'i');
const DOMAIN_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`, 'i');

/** One label of a host name (RFC 952, RFC 1123 section 2.1). */
export const hostLabel = z
  .string('a host name such as "printer"')
  .regex(HOST_LABEL, 'a host name of letters, digits and hyphens such as "printer"');

/** A domain name without the final dot, kept in lower case. */
export const domainName = z
  .string('a domain name such as "office.example"')
  .max(253, 'a domain name of at most 253 characters')
  .regex(DOMAIN_NAME, 'a domain name such as "office.example"')
  .transform((name) => name.toLowerCase());

/** A local user: also the local part of the mail address, so only characters that never need quoting. */
export const userName = z
  .string('a user name such as "alice"')
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/,
    'a user name of lower-case letters, digits, ".", "_" and "-"',
  );

export const mailAddress = z
  .string('a mail address such as "partner@elsewhere.example"')
  .regex(/^[^@\s]{1,64}@[^@\s]{1,253}$/, 'a mail address such as "partner@elsewhere.example"');

export const upstreamText: z.ZodType<Upstream | TlsUpstream, string> = parsedText(
  'a name server such as "udp://192.0.2.53" or "tls://192.0.2.53#dns.example"',
  orUndefined((text) => (text.startsWith('tls:') ? parseTlsUpstream(text) : parseUpstream(text))),
);

/** `scrypt$N$r$p$SALT$HASH`; made by `gatepost user passwd`. */
export const passwordHash = z
  .string('a password hash made by "gatepost user passwd"')
  .startsWith('scrypt$', 'a password hash made by "gatepost user passwd"');
