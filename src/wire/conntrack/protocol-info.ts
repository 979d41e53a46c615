import { u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes, nested } from '../netlink/attributes.ts';

/** struct nf_ct_tcp_flags (linux/netfilter/nf_conntrack_tcp.h): IP_CT_TCP_FLAG_* bits; the mask counts in requests. */
const tcpFlags = struct({ flags: u8, mask: u8 });

/** CTA_PROTOINFO_TCP_* */
const tcpInfo = attributes({
  /** Position in TCP_STATES. */
  state: attribute(1, u8),
  flagsOriginal: attribute(4, tcpFlags),
  flagsReply: attribute(5, tcpFlags),
  windowScaleOriginal: attribute(2, u8),
  windowScaleReply: attribute(3, u8),
});

/** CTA_PROTOINFO: what the kernel follows beyond addresses; that of SCTP and DCCP stays undecoded in `unknown`. */
export const protocolInfo = attributes({ tcp: nested(1, tcpInfo) });
