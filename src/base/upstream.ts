import { tryParseAddress } from './address.ts';
import { UserError } from './errors.ts';
import type { Ipv4 } from './ipv4.ts';
import type { Ipv6 } from './ipv6.ts';

/** The port of the DNS (RFC 1035 section 4.2), and of the DNS over TLS (RFC 7858 section 3.1). */
export const DNS_PORT = 53;
const DNS_OVER_TLS_PORT = 853;

interface Place {
  readonly address: Ipv4 | Ipv6;
  readonly port: number;
}

/** A name server that questions are passed on to. Over `udp`, answers that were cut are fetched again over TCP. */
export interface Upstream {
  readonly transport: 'udp' | 'tcp';
  readonly endpoint: Place;
}

/** A name server whose certificate must be for `serverName`. */
export interface TlsUpstream {
  readonly transport: 'tls';
  readonly endpoint: Place;
  readonly serverName: string;
}

function readPlace(text: string, fallbackPort: number): Place | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/i.exec(text);
  const [, six, four, digits] = match ?? [];
  const address = tryParseAddress(six ?? four ?? '');
  const port = digits === undefined ? fallbackPort : Number(digits);
  if (address === undefined || (six === undefined) !== (typeof address === 'number')) return undefined;
  return port < 1 || port > 65_535 ? undefined : { address, port };
}

/**
 * Reads `udp://192.0.2.53`, `tcp://192.0.2.53:5353` or `udp://[2001:db8::53]`. A name would need a name server to be found, so only addresses are taken.
 * @throws UserError
 */
export function parseUpstream(text: string): Upstream {
  const [, scheme = '', rest = ''] = /^(udp|tcp):\/\/(.+)$/i.exec(text) ?? [];
  const endpoint = readPlace(rest, DNS_PORT);
  if (endpoint === undefined) {
    throw new UserError(
      `Cannot read "${text}" as a name server: wanted is the form "udp://192.0.2.53", "udp://[2001:db8::53]" or "tcp://192.0.2.53:53"`,
    );
  }
  return { transport: scheme.toLowerCase() === 'tcp' ? 'tcp' : 'udp', endpoint };
}

/** Reads `tls://192.0.2.53#dns.example`, the name being that of the certificate. @throws UserError */
export function parseTlsUpstream(text: string): TlsUpstream {
  const [, rest = '', serverName] = /^tls:\/\/([^#]+)#([a-z0-9.-]+)$/i.exec(text) ?? [];
  const endpoint = readPlace(rest, DNS_OVER_TLS_PORT);
  if (endpoint === undefined || serverName === undefined) {
    throw new UserError(
      `Cannot read "${text}" as a name server over TLS: wanted is the form "tls://192.0.2.53#dns.example"`,
    );
  }
  return { transport: 'tls', endpoint, serverName };
}
