import { InvariantError, UserError } from './errors.ts';
import { tryParseIpv4 } from './ipv4.ts';

declare const ipv6Brand: unique symbol;

/** An IPv6 address as an unsigned 128-bit bigint. */
export type Ipv6 = bigint & { readonly [ipv6Brand]: true };

/** @throws InvariantError outside 128 bits. */
export function Ipv6(value: bigint): Ipv6 {
  if (value < 0n || value >> 128n !== 0n) throw new InvariantError(`Cannot use ${value} as an IPv6 address`);
  return value as Ipv6;
}

/** The groups of one side of `::`; only at the very end of an address may the last two be written as IPv4. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && isEnd && index === parts.length - 1) {
      const v4 = tryParseIpv4(part);
      if (v4 === undefined) return undefined;
      groups.push(v4 >>> 16, v4 & 0xffff);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The forms of RFC 4291 section 2.2, without zone identifiers. */
export function tryParseIpv6(text: string): Ipv6 | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) as Ipv6;
}

/** @throws UserError naming the text. */
export function parseIpv6(text: string): Ipv6 {
  const address = tryParseIpv6(text);
  if (address === undefined)
    throw new UserError(`Cannot read "${text}" as an IPv6 address: wanted is the form "2001:db8::1"`);
  return address;
}

/** RFC 5952: lower case, the longest run of two or more zero groups shortened, the first of equals. */
export function formatIpv6(address: Ipv6): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(112 - 16 * i)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const print = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return print(groups);
  return `${print(groups.slice(0, best.start))}::${print(groups.slice(best.start + best.length))}`;
}

/** Sixteen bytes, network order. */
export function ipv6Bytes(address: Ipv6): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(120 - 8 * i)) & 0xffn));
}

/** From exactly sixteen bytes, network order. @throws InvariantError for another length. */
export function ipv6FromBytes(bytes: Uint8Array): Ipv6 {
  if (bytes.length !== 16) throw new InvariantError(`Cannot use ${bytes.length} bytes as an IPv6 address`);
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) as Ipv6;
}
