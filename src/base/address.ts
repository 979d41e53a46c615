import { UserError } from './errors.ts';
import { type Ipv4, formatIpv4, tryParseIpv4 } from './ipv4.ts';
import { type Ipv6, formatIpv6, tryParseIpv6 } from './ipv6.ts';

/** Which family an address of either belongs to: IPv4 is a number, IPv6 a bigint. */
export function isIpv4(address: Ipv4 | Ipv6): address is Ipv4 {
  return typeof address === 'number';
}

/** The usual text of either family. */
export function formatAddress(address: Ipv4 | Ipv6): string {
  return isIpv4(address) ? formatIpv4(address) : formatIpv6(address);
}

export function tryParseAddress(text: string): Ipv4 | Ipv6 | undefined {
  return tryParseIpv4(text) ?? tryParseIpv6(text);
}

/** @throws UserError naming the text. */
export function parseAddress(text: string): Ipv4 | Ipv6 {
  const address = tryParseAddress(text);
  if (address === undefined) {
    throw new UserError(
      `Cannot read "${text}" as an address: wanted is the form "192.0.2.1" or "2001:db8::1"`,
    );
  }
  return address;
}

/** `192.0.2.1:53` or `[2001:db8::1]:53`. */
export function formatEndpoint(endpoint: { readonly address: Ipv4 | Ipv6; readonly port: number }): string {
  const address = formatAddress(endpoint.address);
  return isIpv4(endpoint.address) ? `${address}:${endpoint.port}` : `[${address}]:${endpoint.port}`;
}
