import { tryParseAddress } from '../../base/address.ts';
import { UserError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { FlowFilter } from '../../port/gate-status.ts';
import { IPS } from '../../wire/conntrack/constants.ts';
import type { Flow } from './flow.ts';
import { protocolNumber } from './protocol-names.ts';

/** Which connections are meant; all that is named must fit, nothing named means every one. */
export interface FlowSelection {
  /** One of these at either end, in either direction; an empty list fits none. */
  readonly addresses?: readonly (Ipv4 | Ipv6)[] | undefined;
  /** At either end, in either direction. */
  readonly port?: number | undefined;
  /** IANA protocol number. */
  readonly protocol?: number | undefined;
  /** Whether the source address is translated. */
  readonly isMasked?: boolean | undefined;
  /** What else must be true of it. */
  readonly test?: ((flow: Flow) => boolean) | undefined;
}

/** Tells of a connection whether it is among those meant. A device may answer for thousands of addresses, and there may be a hundred thousand connections. */
export function selector({
  addresses,
  port,
  protocol,
  isMasked,
  test,
}: FlowSelection): (flow: Flow) => boolean {
  const wanted = addresses && new Set(addresses);
  return (flow) => {
    if (isMasked !== undefined && ((flow.status & IPS.SRC_NAT) !== 0) !== isMasked) return false;
    if (protocol !== undefined && flow.protocol !== protocol) return false;
    const ends = [flow.source, flow.destination, flow.replySource, flow.replyDestination];
    if (port !== undefined && !ends.some((end) => end.port === port)) return false;
    if (wanted !== undefined && !ends.some(({ address }) => wanted.has(address))) return false;
    return test === undefined || test(flow);
  };
}

/** The owner's filter. @throws UserError naming what cannot be */
export function selectionOf({ address, port, protocol }: FlowFilter): FlowSelection {
  const parsed = address === undefined ? undefined : tryParseAddress(address);
  if (address !== undefined && parsed === undefined) {
    throw new UserError(
      `Cannot look for connections of "${address}": wanted is an address such as "192.0.2.1" or "2001:db8::1"`,
    );
  }
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535))
    throw new UserError(`Cannot look for connections of port ${port}: a port is 0 to 65535`);
  return {
    addresses: parsed === undefined ? undefined : [parsed],
    port,
    protocol: protocol === undefined ? undefined : protocolNumber(protocol),
  };
}
