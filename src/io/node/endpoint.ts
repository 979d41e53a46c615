import { tryParseAddress } from '../../base/address.ts';
import type { Endpoint } from '../../port/udp.ts';

/** What Node says of a socket's end as ours; the zone of a link-local address (`fe80::1%lan0`) is dropped. */
export function endpointFrom(address: string | undefined, port: number | undefined): Endpoint | undefined {
  const parsed = tryParseAddress(address?.split('%', 1)[0] ?? '');
  return parsed === undefined || port === undefined ? undefined : { address: parsed, port };
}
