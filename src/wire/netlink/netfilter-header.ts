import { u16, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';

/** struct nfgenmsg (linux/netfilter/nfnetlink.h), in front of every netfilter message; `version` is NFNETLINK_V0, 0. */
export const netfilterHeader = struct({
  /** NFPROTO_*, which equal AF_*: 0 for any, 2 IPv4, 10 IPv6. */
  family: u8,
  version: u8,
  /** What it is depends on the subsystem: for NFLOG the group. */
  resource: u16,
});
