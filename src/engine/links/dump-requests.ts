import type { KernelRequest } from '../../port/netlink-session.ts';
import { encodeAll } from '../../wire/field/codec.ts';
import { addressMessage } from '../../wire/rtnetlink/address.ts';
import { AF, RTM } from '../../wire/rtnetlink/constants.ts';
import { linkMessage, linkRequest } from '../../wire/rtnetlink/link.ts';
import { routeMessage } from '../../wire/rtnetlink/route.ts';

const address = { family: AF.INET, prefixLength: 0, headerFlags: 0, scope: 0, index: 0 };
const route = {
  family: AF.INET,
  destinationLength: 0,
  sourceLength: 0,
  tos: 0,
  headerTable: 0,
  protocol: 0,
  scope: 0,
  type: 0,
  flags: 0,
};

/** The dumps that show the network: all devices, IPv4 addresses, IPv4 routes. */
export const DUMP_REQUESTS: readonly KernelRequest[] = [
  {
    type: RTM.GETLINK,
    flags: 0,
    payload: encodeAll(linkMessage, linkRequest(0)),
    purpose: 'list the network devices',
  },
  {
    type: RTM.GETADDR,
    flags: 0,
    payload: encodeAll(addressMessage, address),
    purpose: 'list the IPv4 addresses',
  },
  {
    type: RTM.GETROUTE,
    flags: 0,
    payload: encodeAll(routeMessage, route),
    purpose: 'list the IPv4 routes',
  },
];
