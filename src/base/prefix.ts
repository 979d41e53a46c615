import { InvariantError, UserError } from './errors.ts';
import { Ipv4, UNSPECIFIED, formatIpv4, tryParseIpv4 } from './ipv4.ts';
import { type Ipv6, formatIpv6, tryParseIpv6 } from './ipv6.ts';

/** An IPv4 address with the length of its network part. Host bits may be set: `192.168.77.1/24` names both. */
export interface Prefix4 {
  readonly address: Ipv4;
  /** 0 to 32. */
  readonly length: number;
}

/** 0.0.0.0/0: every address is in it. As a destination it is the default route. */
export const EVERYWHERE4: Prefix4 = { address: UNSPECIFIED, length: 0 };

/** 127.0.0.0/8: the machine itself (RFC 1122 section 3.2.1.3). */
export const LOOPBACK_NETWORK4: Prefix4 = { address: Ipv4(0x7f00_0000), length: 8 };

/** An IPv6 address with the length of its network part, 0 to 128. */
export interface Prefix6 {
  readonly address: Ipv6;
  readonly length: number;
}

/** The netmask of a prefix length, 0 to 32. */
export function netmask4(length: number): Ipv4 {
  if (!Number.isInteger(length) || length < 0 || length > 32)
    throw new InvariantError(`Cannot use /${length} as an IPv4 prefix length`);
  return (length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0) as Ipv4;
}

/** The prefix length of a netmask, or undefined if its ones are not contiguous. */
export function lengthOfNetmask4(mask: Ipv4): number | undefined {
  const length = 32 - Math.log2(~mask >>> 0 === 0 ? 1 : (~mask >>> 0) + 1);
  return Number.isInteger(length) && netmask4(length) === mask ? length : undefined;
}

/** The first address: all host bits zero. */
export function network4(prefix: Prefix4): Ipv4 {
  return ((prefix.address & netmask4(prefix.length)) >>> 0) as Ipv4;
}

/** The last address: all host bits one; the directed broadcast up to /30. */
export function lastAddress4(prefix: Prefix4): Ipv4 {
  return ((prefix.address | (~netmask4(prefix.length) >>> 0)) >>> 0) as Ipv4;
}

export function contains4(prefix: Prefix4, address: Ipv4): boolean {
  return network4(prefix) === network4({ address, length: prefix.length });
}

/** Whether `address` can be a host's: neither network nor broadcast address, which /31 (RFC 3021) and /32 do not have. */
export function isHost4(prefix: Prefix4, address: Ipv4): boolean {
  if (!contains4(prefix, address)) return false;
  return prefix.length >= 31 || (address !== network4(prefix) && address !== lastAddress4(prefix));
}

function splitLength(text: string, max: number): { address: string; length: number } | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = match?.[1];
  const length = Number(match?.[2]);
  return address === undefined || length > max ? undefined : { address, length };
}

export function tryParsePrefix4(text: string): Prefix4 | undefined {
  const parts = splitLength(text, 32);
  const address = parts === undefined ? undefined : tryParseIpv4(parts.address);
  return parts === undefined || address === undefined ? undefined : { address, length: parts.length };
}

/** @throws UserError naming the text. */
export function parsePrefix4(text: string): Prefix4 {
  const prefix = tryParsePrefix4(text);
  if (prefix === undefined)
    throw new UserError(`Cannot read "${text}" as an IPv4 prefix: wanted is the form "192.168.77.1/24"`);
  return prefix;
}

export function formatPrefix4(prefix: Prefix4): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}

export function tryParsePrefix6(text: string): Prefix6 | undefined {
  const parts = splitLength(text, 128);
  const address = parts === undefined ? undefined : tryParseIpv6(parts.address);
  return parts === undefined || address === undefined ? undefined : { address, length: parts.length };
}

export function formatPrefix6(prefix: Prefix6): string {
  return `${formatIpv6(prefix.address)}/${prefix.length}`;
}
