import type { ValueOf } from '../field/field.ts';
import { padding, rest, s32Le, u16Le, u32Le, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes, cstring, nested, text } from '../netlink/attributes.ts';
import { linkInfo } from './link-info.ts';
import { linkStats } from './link-stats.ts';
import { message } from './message.ts';

/** struct ifinfomsg (linux/rtnetlink.h). */
const header = struct({
  family: u8,
  pad: padding(1),
  /** ARPHRD_*: 1 is Ethernet. */
  hardware: u16Le,
  /** 0: found by name. */
  index: s32Le,
  /** IFF bits. */
  flags: u32Le,
  /** Which of the flags a request changes. */
  change: u32Le,
});

/** IFLA_* of linux/if_link.h; attributes without a name here are kept in `unknown`. */
const linkAttributes = attributes({
  /** Hardware address; six bytes for Ethernet. */
  address: attribute(1, rest),
  broadcast: attribute(2, rest),
  name: attribute(3, cstring),
  mtu: attribute(4, u32Le),
  /** Index of the device below (of a VLAN) or of the peer (of a veth). */
  link: attribute(5, u32Le),
  /** Index of the bridge this device is a port of; 0 in a request takes it out. */
  master: attribute(10, u32Le),
  /** IF_OPER */
  operState: attribute(16, u8),
  info: nested(18, linkInfo),
  /** IFLA_IFALIAS, at most 255 octets; empty in a request takes it away. */
  description: attribute(20, text),
  stats: attribute(23, linkStats),
  /** 1 when there is a signal on the line, 0 when not or when the device is down. */
  carrier: attribute(33, u8),
  /** The address burnt into the device, whatever it uses now. */
  permanentAddress: attribute(54, rest),
});

/** RTM_NEWLINK, DELLINK, GETLINK. */
export const linkMessage = message(header, linkAttributes);
export type LinkMessage = ValueOf<typeof linkMessage>;

/** A message about the device with this index; `properties` are added. */
export function linkRequest(index: number, properties: Partial<LinkMessage> = {}): LinkMessage {
  return { family: 0, pad: undefined, hardware: 0, index, flags: 0, change: 0, ...properties };
}
