/*
 * Numbers of linux/netfilter/nfnetlink.h, nfnetlink_conntrack.h, nf_conntrack_common.h and nf_conntrack_tcp.h.
 */

/** The subsystem in the upper byte of `nlmsg_type` (NFNL_SUBSYS_CTNETLINK). */
export const NFNL_SUBSYS_CTNETLINK = 1;

/** Families in the header; 0 asks for both. */
export const FAMILY = { ANY: 0, IPV4: 2, IPV6: 10 } as const;

/** Bits of CTA_STATUS (enum ip_conntrack_status). */
export const IPS = {
  EXPECTED: 0x1,
  SEEN_REPLY: 0x2,
  /** Not given up early when the table is full. */
  ASSURED: 0x4,
  CONFIRMED: 0x8,
  SRC_NAT: 0x10,
  DST_NAT: 0x20,
  DYING: 0x200,
  OFFLOAD: 0x4000,
  HW_OFFLOAD: 0x8000,
} as const;

/** CTA_PROTOINFO_TCP_STATE, in the order of its numbers (enum tcp_conntrack), as the kernel prints them. */
export const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;

/** Which parts of a tuple a CTA_FILTER compares (net/netfilter/nf_internals.h, CTA_FILTER_F_*). */
export const CTA_FILTER_F = {
  IP_SRC: 0x1,
  IP_DST: 0x2,
  TUPLE_ZONE: 0x4,
  PROTO_NUM: 0x8,
  PROTO_SRC_PORT: 0x10,
  PROTO_DST_PORT: 0x20,
} as const;
