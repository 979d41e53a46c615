import { isIpv4 } from '../../../base/address.ts';
import { IPS, NF_CT_STATE } from '../../../wire/nftables/expression/ct.ts';
import { TCP_FLAG } from '../statement.ts';
import {
  type Arrival,
  type Ends,
  type Packet,
  type Place,
  type TrackedConnection,
  endsOf,
  isSamePlace,
  reversed,
} from './packet.ts';

/** What rules can ask of the packet's connection. */
export interface Tracking {
  /** NF_CT_STATE bit. */
  readonly state: number;
  /** Undefined where the packet belongs to no connection. */
  readonly connection: TrackedConnection | undefined;
  readonly direction: 'original' | 'reply';
  /** IPS_CONFIRMED and IPS_SEEN_REPLY once it has been answered, and IPS_ASSURED once both ends have used it. */
  readonly age: number;
}

/** Before connection tracking has seen the packet it looks like one that fits no connection (nft_ct_get_eval()). */
export const NOT_TRACKED: Tracking = {
  state: NF_CT_STATE.INVALID,
  connection: undefined,
  direction: 'original',
  age: 0,
};

const UNTRACKED: Tracking = { ...NOT_TRACKED, state: NF_CT_STATE.UNTRACKED };

/** Requests of RFC 792 and RFC 4443 that expect an answer; others are about a connection, or about nothing. */
const ICMP_REQUESTS = new Set([8, 13, 15, 17]);
const ICMPV6_REQUESTS = new Set([128, 139]);
/** Listener and neighbour messages: not tracked at all (nf_conntrack_proto_icmpv6.c). */
const ICMPV6_UNTRACKED = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/** The packet as connection tracking takes it in. */
export function track({ packet, connection }: Arrival): Tracking {
  if (isUntracked(packet)) return UNTRACKED;
  if (connection.state !== 'new') {
    const state = connection.state === 'related' ? NF_CT_STATE.RELATED : NF_CT_STATE.ESTABLISHED;
    const age = IPS.CONFIRMED | IPS.SEEN_REPLY | (connection.isAssured ? IPS.ASSURED : 0);
    return { state, connection: connection.tracked, direction: connection.direction, age };
  }
  if (!canBegin(packet)) return NOT_TRACKED;
  const original = endsOf(packet);
  return {
    state: NF_CT_STATE.NEW,
    connection: { original, reply: reversed(original) },
    direction: 'original',
    age: 0,
  };
}

function isUntracked({ source, transport }: Packet): boolean {
  return transport.kind === 'icmp' && !isIpv4(source) && ICMPV6_UNTRACKED.has(transport.type);
}

/** Whether the packet can be the first of a connection. */
function canBegin({ source, transport }: Packet): boolean {
  switch (transport.kind) {
    case 'tcp':
      return TCP_BEGINNINGS.has(transport.flags & ~(TCP_FLAG.PSH | TCP_FLAG.ECE | TCP_FLAG.CWR));
    case 'icmp':
      return (isIpv4(source) ? ICMP_REQUESTS : ICMPV6_REQUESTS).has(transport.type);
    case 'udp':
    case 'other':
    default:
      return true;
  }
}

/**
 * A SYN, or a packet from the middle of a connection that is older than the tracking (nf_conntrack_tcp_loose). The
 * rest are answers, or combinations that no host sends (tcp_valid_flags and tcp_conntracks).
 */
const TCP_BEGINNINGS: ReadonlySet<number> = new Set([
  TCP_FLAG.SYN,
  TCP_FLAG.SYN | TCP_FLAG.URG,
  TCP_FLAG.ACK,
  TCP_FLAG.ACK | TCP_FLAG.URG,
]);

/** IPS_* bits: a connection is translated at an end if answers come from, or go to, another place than its first packet said. */
export function statusOf({ connection, age }: Tracking): number | undefined {
  if (connection === undefined) return undefined;
  const { original, reply } = connection;
  const source = isSamePlace(original.source, reply.destination) ? 0 : IPS.SRC_NAT;
  const destination = isSamePlace(original.destination, reply.source) ? 0 : IPS.DST_NAT;
  return age | source | destination;
}

/** The connection after a rule gave one of its ends another place. */
export function translated(tracking: Tracking, end: keyof Ends, place: Place): Tracking {
  const { connection } = tracking;
  if (connection === undefined) return tracking;
  const answered = end === 'source' ? { destination: place } : { source: place };
  return { ...tracking, connection: { ...connection, reply: { ...connection.reply, ...answered } } };
}

/** What the translation of a known connection makes of one end of its packet. */
export function translationOf({ connection, direction }: Tracking, end: keyof Ends): Place | undefined {
  if (connection === undefined) return undefined;
  const other = direction === 'original' ? connection.reply : connection.original;
  return reversed(other)[end];
}
