import { isIpv4 } from '../../base/address.ts';
import { type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { KernelRequest } from '../../port/netlink-session.ts';
import { CTA_FILTER_F, FAMILY, IPS } from '../../wire/conntrack/constants.ts';
import type { Entry } from '../../wire/conntrack/entry.ts';
import { encodeConntrack } from '../../wire/conntrack/message.ts';
import type { Tuple } from '../../wire/conntrack/tuple.ts';
import { PROTOCOL } from '../../wire/ipv4/packet.ts';
import { formatFlowEnd } from './flow-end.ts';
import type { Flow } from './flow.ts';
import { type FlowSelection, selector } from './selection.ts';

/** With more addresses than this, all connections are read once instead of four times for each address. */
const MAX_NARROWED_ADDRESSES = 16;

const PURPOSE = 'read the list of connections';

function addressesOf(source: Ipv4 | Ipv6, destination: Ipv4 | Ipv6): Tuple['addresses'] {
  if (isIpv4(source) && isIpv4(destination)) return { source4: source, destination4: destination };
  if (isIpv4(source) || isIpv4(destination)) return {};
  return { source6: source, destination6: destination };
}

function request(kind: 'get' | 'delete', family: number, body: Entry, purpose: string): KernelRequest {
  return { ...encodeConntrack({ kind, family, body }), flags: 0, purpose };
}

/** One reading of the kernel's table, and which of what it gives counts: a connection must not count twice. */
export interface FlowDump {
  readonly request: KernelRequest;
  readonly counts: (flow: Flow) => boolean;
}

/** The four places where an address can stand, each asked for by a filter of its own: a filter can say "and" only. */
function dumpsOfIpv4(address: Ipv4): FlowDump[] {
  const asSource: Tuple = { addresses: { source4: address, destination4: UNSPECIFIED } };
  const asDestination: Tuple = { addresses: { source4: UNSPECIFIED, destination4: address } };
  const { IP_SRC, IP_DST } = CTA_FILTER_F;
  const dump = (body: Entry, counts: FlowDump['counts']): FlowDump => ({
    request: request('get', FAMILY.IPV4, body, PURPOSE),
    counts,
  });
  return [
    dump({ original: asSource, filter: { original: IP_SRC, reply: 0 } }, (f) => f.source.address === address),
    dump(
      { original: asDestination, filter: { original: IP_DST, reply: 0 } },
      (f) => f.destination.address === address,
    ),
    dump(
      { reply: asSource, filter: { original: 0, reply: IP_SRC } },
      (f) => f.replySource.address === address,
    ),
    dump(
      { reply: asDestination, filter: { original: 0, reply: IP_DST } },
      (f) => f.replyDestination.address === address,
    ),
  ];
}

/**
 * The filter for an IPv6 address is turned round in the kernel, up to Linux 6.18 at least: it lists all but those with the
 * address. One reading of the family has to do.
 */
function dumpsOfIpv6(addresses: readonly Ipv6[]): FlowDump[] {
  if (addresses.length === 0) return [];
  return [{ request: request('get', FAMILY.IPV6, {}, PURPOSE), counts: selector({ addresses }) }];
}

function wholeDump({ isMasked }: FlowSelection): FlowDump {
  const status = isMasked ? IPS.SRC_NAT : 0;
  const body = isMasked === undefined ? {} : { status, statusMask: IPS.SRC_NAT };
  return { request: request('get', FAMILY.ANY, body, PURPOSE), counts: () => true };
}

/**
 * The readings that together hold every connection of the selection once. Where it can the kernel leaves out what is not
 * meant, so that of a full table little comes to us; kernels before 5.8 do not know the filters and list everything: the
 * selection has to be asked about each connection all the same.
 */
export function dumpsFor(selection: FlowSelection): readonly FlowDump[] {
  if (selection.addresses === undefined) return [wholeDump(selection)];
  const addresses = [...new Set(selection.addresses)];
  const four = addresses.filter(isIpv4);
  if (four.length > MAX_NARROWED_ADDRESSES) return [wholeDump(selection)];
  const six = addresses.filter((address) => !isIpv4(address));
  const dumps = [...four.flatMap(dumpsOfIpv4), ...dumpsOfIpv6(six)];
  return dumps.map(({ request, counts }, index) => ({
    request,
    counts: (flow) => counts(flow) && !dumps.slice(0, index).some((earlier) => earlier.counts(flow)),
  }));
}

function protocolOf(flow: Flow): Tuple['protocol'] {
  const { protocol: number, icmp, source, destination } = flow;
  if (icmp !== undefined && number === PROTOCOL.ICMPV6)
    return { number, icmpv6Id: icmp.id, icmpv6Type: icmp.type, icmpv6Code: icmp.code };
  if (icmp !== undefined) return { number, icmpId: icmp.id, icmpType: icmp.type, icmpCode: icmp.code };
  return { number, sourcePort: source.port, destinationPort: destination.port };
}

/** Ends exactly this connection: one that has taken its place under the same addresses has another number. */
export function deleteRequest(flow: Flow): KernelRequest {
  const { id, zone, source, destination } = flow;
  const family = isIpv4(source.address) ? FAMILY.IPV4 : FAMILY.IPV6;
  const original: Tuple = {
    addresses: addressesOf(source.address, destination.address),
    protocol: protocolOf(flow),
  };
  const purpose = `end the connection of ${formatFlowEnd(source)} with ${formatFlowEnd(destination)}`;
  return request('delete', family, { original, id, zone }, purpose);
}

/** Asks for the numbers of connections there are and there may be. */
export function countRequest(): KernelRequest {
  const packet = encodeConntrack({ kind: 'statistics', family: FAMILY.ANY, body: {} });
  return { ...packet, flags: 0, purpose: 'count the connections' };
}
