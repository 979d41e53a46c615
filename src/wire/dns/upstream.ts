import { tryParseAddress } from '../../base/address.ts';
import { UserError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';

/** The port of the DNS (RFC 1035 section 4.2). */
export const DNS_PORT = 53;

/** A name server that questions are passed on to. Over `udp`, answers that were cut are fetched again over TCP. */
export interface Upstream {
  readonly transport: 'udp' | 'tcp';
  readonly endpoint: { readonly address: Ipv4 | Ipv6; readonly port: number };
}

/**
 * Reads `udp://192.0.2.53`, `tcp://192.0.2.53:5353` or `udp://[2001:db8::53]`. A name would need a name server to be found, so only addresses are taken.
 * @throws UserError
 */
export function parseUpstream(text: string): Upstream {
  const match = /^(udp|tcp):\/\/(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/i.exec(text);
  const [, transport, six, four, digits] = match ?? [];
  const address = tryParseAddress(six ?? four ?? '');
  const port = digits === undefined ? DNS_PORT : Number(digits);
  const isFamily = (six === undefined) === (typeof address === 'number');
  if (transport === undefined || address === undefined || !isFamily || port < 1 || port > 65_535) {
    throw new UserError(
      `Cannot read "${text}" as a name server: wanted is the form "udp://192.0.2.53", "udp://[2001:db8::53]" or "tcp://192.0.2.53:53"`,
    );
  }
  return { transport: transport.toLowerCase() === 'tcp' ? 'tcp' : 'udp', endpoint: { address, port } };
}
