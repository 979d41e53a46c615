import type { ValueOf } from '../field/field.ts';
import { bytes, padding, rest, u16, u32, u64, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes, cstring, nested } from '../netlink/attributes.ts';

/** struct nfulnl_msg_packet_hdr: EtherType, and NF_INET_*. */
const packetHeader = struct({ etherType: u16, hook: u8, pad: padding(1) });

/** struct nfulnl_msg_packet_hw: of the sender on the link; only the first `length` octets count. */
const hardwareAddress = struct({ length: u16, pad: padding(2), octets: bytes(8) });

/** struct nfulnl_msg_packet_timestamp, since 1970. */
const timestamp = struct({ seconds: u64, microseconds: u64 });

/** NFULA_* (linux/netfilter/nfnetlink_log.h): one packet that a rule logged. */
export const nflogPacket = attributes({
  header: attribute(1, packetHeader),
  /** As the rule has it. */
  prefix: attribute(10, cstring),
  mark: attribute(2, u32),
  /** Numbers of devices. */
  inDevice: attribute(4, u32),
  outDevice: attribute(5, u32),
  /** Of the ports of a bridge. */
  physicalInDevice: attribute(6, u32),
  physicalOutDevice: attribute(7, u32),
  hardwareAddress: attribute(8, hardwareAddress),
  /** ARPHRD_* */
  hardwareType: attribute(15, u16),
  hardwareLength: attribute(17, u16),
  hardwareHeader: attribute(16, rest),
  timestamp: attribute(3, timestamp),
  uid: attribute(11, u32),
  gid: attribute(14, u32),
  sequence: attribute(12, u32),
  globalSequence: attribute(13, u32),
  vlan: nested(20, attributes({ protocol: attribute(1, u16), tag: attribute(2, u16) })),
  linkHeader: attribute(21, rest),
  /** From the IP header on, as much of it as was asked for. */
  payload: attribute(9, rest),
});
export type NflogPacket = ValueOf<typeof nflogPacket>;
