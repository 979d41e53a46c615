import { padding, rest, s32Le, u16Le, u32Le, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes } from '../netlink/attributes.ts';
import { ipAddress } from './ip-address.ts';
import { message } from './message.ts';

/** struct ndmsg (linux/neighbour.h). */
const header = struct({
  family: u8,
  pad: padding(3),
  /** Of the device. */
  index: s32Le,
  /** NUD bits. */
  state: u16Le,
  flags: u8,
  /** RTN */
  type: u8,
});

/** NDA_* of linux/neighbour.h. */
const neighbourAttributes = attributes({
  address: attribute(1, ipAddress),
  /** Six bytes for Ethernet; missing while it is not known. */
  hardwareAddress: attribute(2, rest),
  /** Questions sent without an answer. */
  probes: attribute(4, u32Le),
});

/** RTM_NEWNEIGH, DELNEIGH, GETNEIGH. */
export const neighbourMessage = message(header, neighbourAttributes);
