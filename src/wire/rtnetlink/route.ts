import type { ValueOf } from '../field/field.ts';
import { rest, u32Le, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes } from '../netlink/attributes.ts';
import { ipAddress } from './ip-address.ts';
import { message } from './message.ts';

/** struct rtmsg (linux/rtnetlink.h). */
const header = struct({
  /** AF.INET or AF.INET6. */
  family: u8,
  /** Prefix length; 0 is the default route. */
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  /** RT_TABLE below 256; larger numbers are in the attribute. */
  headerTable: u8,
  /** RTPROT */
  protocol: u8,
  /** RT_SCOPE */
  scope: u8,
  /** RTN */
  type: u8,
  /** RTNH_F and RTM_F bits. */
  flags: u32Le,
});

/** RTA_* of linux/rtnetlink.h, in the order ip sends them. */
const routeAttributes = attributes({
  /** Left out for the default route. */
  destination: attribute(1, ipAddress),
  /** The own address preferred as the source of packets this route sends. */
  preferredSource: attribute(7, ipAddress),
  gateway: attribute(5, ipAddress),
  /** The metric: the lowest of equal destinations is used. */
  priority: attribute(6, u32Le),
  /** Index of the device packets leave by. */
  outputDevice: attribute(4, u32Le),
  metrics: attribute(8, rest),
  multipath: attribute(9, rest),
  /** RT_TABLE */
  table: attribute(15, u32Le),
});

/** RTM_NEWROUTE, DELROUTE, GETROUTE. */
export const routeMessage = message(header, routeAttributes);
export type RouteMessage = ValueOf<typeof routeMessage>;
