import type { ValueOf } from '../field/field.ts';
import { ipv4, ipv6, rest, u16, u32, u32Le, u64 } from '../field/scalars.ts';
import { attribute, attributes, cstring, nested } from '../netlink/attributes.ts';
import { protocolInfo } from './protocol-info.ts';
import { tuple } from './tuple.ts';

/** CTA_COUNTERS_*: of one direction; only with net.netfilter.nf_conntrack_acct. */
const counters = attributes({ packets: attribute(1, u64), bytes: attribute(2, u64) });

/** CTA_NAT_*: in requests, the range of addresses to translate to. */
const translation = attributes({
  first4: attribute(1, ipv4),
  last4: attribute(2, ipv4),
  /** CTA_PROTONAT_PORT_* */
  ports: nested(3, attributes({ first: attribute(1, u16), last: attribute(2, u16) })),
  first6: attribute(4, ipv6),
  last6: attribute(5, ipv6),
});

/** CTA_TIMESTAMP_*: nanoseconds since 1970; only with net.netfilter.nf_conntrack_timestamp. */
const times = attributes({ start: attribute(1, u64), stop: attribute(2, u64) });

/** CTA_FILTER_*, in host order: which parts of the tuples beside it a dump compares, CTA_FILTER_F bits. Since Linux 5.8. */
const filter = attributes({ original: attribute(1, u32Le), reply: attribute(2, u32Le) });

/** CTA_HELP_* */
const helper = attributes({ name: attribute(1, cstring), info: attribute(2, rest) });

/** CTA_* of linux/netfilter/nfnetlink_conntrack.h, in the order the `conntrack` tool writes them: a connection. */
export const entry = attributes({
  /** As the first packet came. */
  original: nested(1, tuple),
  /** As answers are expected: the reverse of it, but for what is translated. */
  reply: nested(2, tuple),
  /** IPS bits. */
  status: attribute(3, u32),
  /** Seconds until it is forgotten if no packet comes; missing for one that ended. */
  timeout: attribute(7, u32),
  mark: attribute(8, u32),
  markMask: attribute(21, u32),
  protocolInfo: nested(4, protocolInfo),
  helper: nested(5, helper),
  sourceNat: nested(6, translation),
  destinationNat: nested(13, translation),
  /** The connection that announced this one. */
  master: nested(14, tuple),
  countersOriginal: nested(9, counters),
  countersReply: nested(10, counters),
  /** References within the kernel. */
  use: attribute(11, u32),
  /** A hash over kernel addresses: no two entries of the same time have the same tuple and the same number. */
  id: attribute(12, u32),
  zone: attribute(18, u16),
  times: nested(20, times),
  labels: attribute(22, rest),
  filter: nested(25, filter),
  statusMask: attribute(26, u32),
});
export type Entry = ValueOf<typeof entry>;
