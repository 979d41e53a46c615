import { InvariantError, UserError } from './errors.ts';

declare const ipv4Brand: unique symbol;

/** An IPv4 address as an unsigned 32-bit number in host order: `192.0.2.1` is 0xc0000201. */
export type Ipv4 = number & { readonly [ipv4Brand]: true };

/** The address with this number. @throws InvariantError outside 0 to 2^32-1. */
export function Ipv4(value: number): Ipv4 {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new InvariantError(`Cannot use ${value} as an IPv4 address`);
  }
  return value as Ipv4;
}

/** 0.0.0.0 */
export const UNSPECIFIED = Ipv4(0);
/** 255.255.255.255 */
export const BROADCAST = Ipv4(0xffff_ffff);

/** Whether one host can have it: not in 0/8, 127/8, multicast or class E (RFC 6890). */
export function isUnicast4(address: Ipv4): boolean {
  const first = address >>> 24;
  return first > 0 && first < 224 && first !== 127;
}

/** Four decimal parts without leading zeros, nothing else. */
export function tryParseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value as Ipv4;
}

/** @throws UserError naming the text. */
export function parseIpv4(text: string): Ipv4 {
  const address = tryParseIpv4(text);
  if (address === undefined)
    throw new UserError(`Cannot read "${text}" as an IPv4 address: wanted is the form "192.0.2.1"`);
  return address;
}

export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Four bytes, network order. */
export function ipv4Bytes(address: Ipv4): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);
}

/** From exactly four bytes, network order. @throws InvariantError for another length. */
export function ipv4FromBytes(bytes: Uint8Array): Ipv4 {
  const [a, b, c, d] = bytes;
  if (bytes.length !== 4 || a === undefined || b === undefined || c === undefined || d === undefined) {
    throw new InvariantError(`Cannot use ${bytes.length} bytes as an IPv4 address`);
  }
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) as Ipv4;
}
