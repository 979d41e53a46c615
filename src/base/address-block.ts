import { tryParseIpv4 } from './ipv4.ts';
import { tryParseIpv6 } from './ipv6.ts';

const MAPPED = 0xffffn;

/**
 * An address in the one spelling it is counted by: an IPv4 address that a socket of both families reports as `::ffff:192.0.2.1` is `192.0.2.1`. What is no
 * address stays as it is.
 */
export function plainAddress(text: string): string {
  // Asked for every command of a client, who mostly comes by IPv4.
  if (!text.includes(':')) return text;
  const ipv6 = tryParseIpv6(text.split('%')[0] ?? '');
  if (ipv6 === undefined || ipv6 >> 32n !== MAPPED) return text;
  return [24n, 16n, 8n, 0n].map((shift) => (ipv6 >> shift) & 0xffn).join('.');
}

function blockOf(text: string, lengths: { readonly ipv4: number; readonly ipv6: number }): string {
  const address = plainAddress(text);
  const ipv4 = address.includes(':') ? undefined : tryParseIpv4(address);
  if (ipv4 !== undefined) {
    const shift = 32 - lengths.ipv4;
    return `${Math.floor(ipv4 / 2 ** shift).toString(16)}/${lengths.ipv4}`;
  }
  const ipv6 = tryParseIpv6(address.split('%')[0] ?? '');
  return ipv6 === undefined
    ? address
    : `${(ipv6 >> BigInt(128 - lengths.ipv6)).toString(16)}::/${lengths.ipv6}`;
}

/** What one client can be taken to have: an IPv4 address, or an IPv6 /64, as a provider gives one to each customer at least. */
export function clientBlock(address: string): string {
  return blockOf(address, { ipv4: 32, ipv6: 64 });
}

/** What one owner of many clients can be taken to have: an IPv4 /24 or an IPv6 /48. */
export function networkBlock(address: string): string {
  return blockOf(address, { ipv4: 24, ipv6: 48 });
}
