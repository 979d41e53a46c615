import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import { MAC_LENGTH, type Mac, macFromBytes } from '../../base/mac.ts';
import type { KernelMessage, NetlinkSession } from '../../port/netlink-session.ts';
import { decodeAll, encodeAll } from '../../wire/field/codec.ts';
import { AF, RTM } from '../../wire/rtnetlink/constants.ts';
import { neighbourMessage } from '../../wire/rtnetlink/neighbour.ts';

/** A machine on a link of the box, as ARP or neighbour discovery found it. */
export interface Neighbour {
  /** The number of the box's device. */
  readonly index: number;
  readonly address: Ipv4 | Ipv6;
  readonly mac: Mac;
}

const REQUEST = {
  type: RTM.GETNEIGH,
  flags: 0,
  payload: encodeAll(neighbourMessage, {
    family: AF.UNSPEC,
    pad: undefined,
    index: 0,
    state: 0,
    flags: 0,
    type: 0,
  }),
  purpose: 'list the neighbours',
};

/** The neighbours of both families whose Ethernet address the kernel knows now. @throws KernelError */
export async function readNeighbours(route: NetlinkSession): Promise<readonly Neighbour[]> {
  const replies = await route.request(REQUEST, { dump: true });
  return replies.map(neighbourOf).filter((neighbour) => neighbour !== undefined);
}

/** What a message of the kernel tells of a neighbour; undefined if it is about something else, or the Ethernet address is not known. */
export function neighbourOf({ type, payload }: KernelMessage): Neighbour | undefined {
  if (type !== RTM.NEWNEIGH) return undefined;
  const { index, address, hardwareAddress } = decodeAll(neighbourMessage, payload);
  if (address === undefined || hardwareAddress?.length !== MAC_LENGTH) return undefined;
  return { index, address, mac: macFromBytes(hardwareAddress) };
}
