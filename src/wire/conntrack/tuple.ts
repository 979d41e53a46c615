import type { ValueOf } from '../field/field.ts';
import { ipv4, ipv6, u16, u8 } from '../field/scalars.ts';
import { attribute, attributes, nested } from '../netlink/attributes.ts';

/** CTA_IP_* (linux/netfilter/nfnetlink_conntrack.h): a tuple has the two of one family. */
const addresses = attributes({
  source4: attribute(1, ipv4),
  destination4: attribute(2, ipv4),
  source6: attribute(3, ipv6),
  destination6: attribute(4, ipv6),
});

/** CTA_PROTO_*: ports of TCP, UDP, SCTP and DCCP, which GRE uses for its keys; identity of ICMP exchanges. */
const protocol = attributes({
  /** IANA protocol number. */
  number: attribute(1, u8),
  sourcePort: attribute(2, u16),
  destinationPort: attribute(3, u16),
  icmpId: attribute(4, u16),
  icmpType: attribute(5, u8),
  icmpCode: attribute(6, u8),
  icmpv6Id: attribute(7, u16),
  icmpv6Type: attribute(8, u8),
  icmpv6Code: attribute(9, u8),
});

/** CTA_TUPLE_*: what the packets of one direction look like. */
export const tuple = attributes({
  addresses: nested(1, addresses),
  protocol: nested(2, protocol),
  /** Only where the zone is not that of both directions. */
  zone: attribute(3, u16),
});
export type Tuple = ValueOf<typeof tuple>;
