import { NFPROTO, NFT_OBJECT, NFT_REG } from '../../wire/nftables/constants.ts';
import { NFT_BYTEORDER } from '../../wire/nftables/expression/byteorder.ts';
import { NFT_DYNSET_OP } from '../../wire/nftables/expression/dynset.ts';
import { NFT_EXTHDR_OP, TCP_OPTION_MAXSEG } from '../../wire/nftables/expression/exthdr.ts';
import { NFT_LIMIT, NFT_LIMIT_F_INV } from '../../wire/nftables/expression/limit.ts';
import { NFT_META } from '../../wire/nftables/expression/meta.ts';
import { NF_NAT_RANGE, NFT_NAT } from '../../wire/nftables/expression/nat.ts';
import { NFT_REJECT } from '../../wire/nftables/expression/reject.ts';
import { NFT_RT } from '../../wire/nftables/expression/rt.ts';
import type { StatefulExpression } from '../../wire/nftables/stateful-expression.ts';
import { FLOW_TABLE, NFLOG_GROUP, type Reason } from './names.ts';
import { type Statement, isIpv4Packet, isIpv6Packet } from './statement.ts';
import {
  IPV4_FIELD,
  IPV6_FIELD,
  lookUp,
  masked,
  meta,
  networkField,
  transportField,
} from './statement-parts.ts';

/*
 * What rules do, each the expressions of one statement of nft, whose text is in the docstring.
 */

const { R1, R2, R32_01, R32_02 } = NFT_REG;

/** How often something may happen, and how often in a row. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

function limit({ perSecond, burst }: Rate, flags: number): StatefulExpression {
  return { kind: 'limit', rate: BigInt(perSecond), unit: 1n, burst, type: NFT_LIMIT.PKTS, flags };
}

/** `limit rate N/second burst M packets` */
export function upTo(rate: Rate): Statement {
  return [limit(rate, 0)];
}

/** `limit rate over N/second burst M packets` */
export function above(rate: Rate): Statement {
  return [limit(rate, NFT_LIMIT_F_INV)];
}

function update(set: string, expression?: StatefulExpression): Statement {
  // The kernel gives back 0 where the time is that of the set; it takes it back from sets with a time only.
  const own = { kind: 'dynset', sregKey: R1, op: NFT_DYNSET_OP.UPDATE, timeout: 0n, set, flags: 0 } as const;
  return [expression === undefined ? own : { ...own, expression }];
}

/** `update @set { ip saddr limit rate over N/second burst M packets }` */
export function senderAbove(set: string, rate: Rate): Statement {
  return [
    ...isIpv4Packet(),
    networkField(IPV4_FIELD.SOURCE, 4),
    ...update(set, limit(rate, NFT_LIMIT_F_INV)),
  ];
}

/** The network of one customer of a provider: within it he may have as many addresses as he likes. */
const NETWORK_64 = Uint8Array.from({ length: 16 }, (_, index) => (index < 8 ? 255 : 0));

/** `update @set { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over N/second burst M packets }` */
export function sender6Above(set: string, rate: Rate): Statement {
  return [
    ...isIpv6Packet(),
    networkField(IPV6_FIELD.SOURCE, 16),
    masked(NETWORK_64),
    ...update(set, limit(rate, NFT_LIMIT_F_INV)),
  ];
}

/** `ip saddr @within update @set { ip saddr }`: the address has a counter of its own; without `within` any has. */
export function countSource(set: string, within?: string): Statement {
  const address = networkField(IPV4_FIELD.SOURCE, 4);
  return [...isIpv4Packet(), address, ...(within === undefined ? [] : [lookUp(within)]), ...update(set)];
}

/** `update @set { ip daddr }` */
export function countDestination(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_FIELD.DESTINATION, 4), ...update(set)];
}

/** `update @set { ip6 saddr }` */
export function countSource6(set: string): Statement {
  return [...isIpv6Packet(), networkField(IPV6_FIELD.SOURCE, 16), ...update(set)];
}

/** `update @set { ip6 daddr }` */
export function countDestination6(set: string): Statement {
  return [...isIpv6Packet(), networkField(IPV6_FIELD.DESTINATION, 16), ...update(set)];
}

/** `counter name "x"` */
export function count(name: string): Statement {
  return [{ kind: 'objref', type: NFT_OBJECT.COUNTER, name }];
}

/** `counter name meta l4proto . th dport map @set`: goes on, counted, if the map has the port. */
export function countPort(set: string): Statement {
  return [meta(NFT_META.L4PROTO), transportField(2, 2, R32_01), { kind: 'objref', sreg: R1, set }];
}

/** `iifname . oifname vmap @set`: the verdict that the map has for the two devices. */
export function byDevices(set: string): Statement {
  return [
    meta(NFT_META.IIFNAME),
    meta(NFT_META.OIFNAME, R2),
    { kind: 'lookup', sreg: R1, dreg: NFT_REG.VERDICT, set, flags: 0 },
  ];
}

/** Bytes of a dropped packet that the log gets: its headers. */
const LOGGED_BYTES = 128;

/** `log prefix "reason" group N snaplen 128` */
export function logPacket(prefix: Reason): Statement {
  return [{ kind: 'log', prefix, group: NFLOG_GROUP, snapLength: LOGGED_BYTES }];
}

/** `flow add @short-way`, for TCP and UDP; the kernel takes connections only that are established. */
export function takeShortWay(): Statement {
  return [{ kind: 'flow_offload', flowTable: FLOW_TABLE }];
}

/** `tcp option maxseg size set rt mtu`: not more than fits into the MTU of the way there and the way back. */
export function clampSegments(): Statement {
  const { TYPE, OFFSET, LENGTH } = TCP_OPTION_MAXSEG;
  return [
    { kind: 'rt', key: NFT_RT.TCPMSS, dreg: R1 },
    { kind: 'byteorder', sreg: R1, dreg: R1, op: NFT_BYTEORDER.HTON, length: 2, size: 2 },
    {
      kind: 'exthdr',
      sreg: R1,
      type: TYPE,
      offset: OFFSET,
      length: LENGTH,
      op: NFT_EXTHDR_OP.TCPOPT,
    },
  ];
}

function valueOf(set: string): Statement {
  return [{ kind: 'lookup', sreg: R1, dreg: R1, set, flags: 0 }];
}

const TO_ADDRESS = { family: NFPROTO.IPV4, addressMin: R1, addressMax: R1 } as const;

function newAddress(type: number): Statement {
  return [{ kind: 'nat', type, ...TO_ADDRESS, flags: NF_NAT_RANGE.MAP_IPS }];
}

function newAddressAndPort(): Statement {
  const port = { portMin: R32_01, portMax: R32_01 };
  const flags = NF_NAT_RANGE.MAP_IPS | NF_NAT_RANGE.PROTO_SPECIFIED;
  return [{ kind: 'nat', type: NFT_NAT.DNAT, ...TO_ADDRESS, ...port, flags }];
}

/** `dnat ip to meta l4proto . th dport map @set`, whose value is an address and a port. */
export function leadByPort(set: string): Statement {
  return [meta(NFT_META.L4PROTO), transportField(2, 2, R32_01), ...valueOf(set), ...newAddressAndPort()];
}

/** `dnat ip to ip saddr . meta l4proto . th dport map @set`, whose value is an address, or an address and a port. */
export function leadTo(set: string, value: 'address' | 'address-and-port'): Statement {
  return [
    networkField(IPV4_FIELD.SOURCE, 4),
    meta(NFT_META.L4PROTO, R32_01),
    transportField(2, 2, R32_02),
    ...valueOf(set),
    ...(value === 'address' ? newAddress(NFT_NAT.DNAT) : newAddressAndPort()),
  ];
}

/** `dnat ip to ip daddr map @set` */
export function leadByDestination(set: string): Statement {
  return [
    ...isIpv4Packet(),
    networkField(IPV4_FIELD.DESTINATION, 4),
    ...valueOf(set),
    ...newAddress(NFT_NAT.DNAT),
  ];
}

/** `dnat ip to iifname map @set`, behind a statement that asks for IPv4. */
export function leadByDevice(set: string): Statement {
  return [meta(NFT_META.IIFNAME), ...valueOf(set), ...newAddress(NFT_NAT.DNAT)];
}

/** `snat ip to ip saddr map @set` */
export function appearBySource(set: string): Statement {
  return [
    ...isIpv4Packet(),
    networkField(IPV4_FIELD.SOURCE, 4),
    ...valueOf(set),
    ...newAddress(NFT_NAT.SNAT),
  ];
}

/** `masquerade` */
export function masquerade(): Statement {
  return [{ kind: 'masq' }];
}

/** `reject with tcp reset`, behind a statement that asks for TCP. */
export function rejectWithReset(): Statement {
  return [{ kind: 'reject', type: NFT_REJECT.TCP_RST }];
}

/** `reject with icmpx type ...` with a code of NFT_REJECT_ICMPX */
export function rejectWith(code: number): Statement {
  return [{ kind: 'reject', type: NFT_REJECT.ICMPX_UNREACH, code }];
}
