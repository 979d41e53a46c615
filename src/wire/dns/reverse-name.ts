import { isIpv4 } from '../../base/address.ts';
import { type Ipv4, formatIpv4, tryParseIpv4 } from '../../base/ipv4.ts';
import { Ipv6, ipv6Bytes } from '../../base/ipv6.ts';
import { toHex } from '../../base/hex.ts';
import { type Prefix4, network4 } from '../../base/prefix.ts';
import type { DomainName } from './domain-name.ts';

/** The name whose PTR record names this address: `4.3.2.1.in-addr.arpa` (RFC 1035 section 3.5), nibbles under `ip6.arpa` (RFC 3596 section 2.5). */
export function reverseName(address: Ipv4 | Ipv6): DomainName {
  const name = isIpv4(address)
    ? `${formatIpv4(address).split('.').toReversed().join('.')}.in-addr.arpa`
    : `${toHex(ipv6Bytes(address)).split('').toReversed().join('.')}.ip6.arpa`;
  return name as DomainName;
}

/** The address a full reverse name stands for. */
export function addressOfReverseName(name: DomainName): Ipv4 | Ipv6 | undefined {
  const four = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (four !== undefined) return tryParseIpv4(four.split('.').toReversed().slice(1).join('.'));
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (six === undefined) return undefined;
  return Ipv6(BigInt(`0x${six.replaceAll('.', '').split('').toReversed().join('')}`));
}

/**
 * The reverse zones that cover a prefix: one for /8, /16 and /24; between these the several zones of the next
 * longer kind (a /22 has four /24 zones). Beyond /24 the names of the single addresses, so that a neighbour's are not claimed.
 */
export function reverseZones(prefix: Prefix4): DomainName[] {
  const octets = Math.max(1, Math.ceil(prefix.length / 8));
  const count = 2 ** (octets * 8 - prefix.length);
  const step = 2 ** (32 - octets * 8);
  const first = network4(prefix);
  return Array.from({ length: count }, (_, index) => {
    const parts = formatIpv4((first + index * step) as Ipv4).split('.');
    return `${parts.slice(0, octets).toReversed().join('.')}.in-addr.arpa` as DomainName;
  });
}
