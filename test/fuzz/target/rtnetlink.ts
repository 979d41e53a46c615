import type { Field } from '../../../src/wire/field/field.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import { decodeAcknowledgement, decodeDone } from '../../../src/wire/netlink/acknowledgement.ts';
import { NLMSG } from '../../../src/wire/netlink/constants.ts';
import { type NetlinkMessage, decodeMessages } from '../../../src/wire/netlink/message.ts';
import { addressMessage } from '../../../src/wire/rtnetlink/address.ts';
import { linkMessage } from '../../../src/wire/rtnetlink/link.ts';
import { neighbourMessage } from '../../../src/wire/rtnetlink/neighbour.ts';
import { routeMessage } from '../../../src/wire/rtnetlink/route.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { repairNetlink } from '../repair.ts';

/** By the number of the first message of a kind, RTM_NEW*: each kind has four. */
const KINDS: readonly { readonly name: string; readonly field: Field<unknown> }[] = [
  { name: 'link', field: linkMessage },
  { name: 'address', field: addressMessage },
  { name: 'route', field: routeMessage },
  { name: 'neighbour', field: neighbourMessage },
];

function outcomeOf(message: NetlinkMessage): string {
  if (message.type === NLMSG.ERROR) return `error ${decodeAcknowledgement(message).errno}`;
  if (message.type === NLMSG.DONE) return `done ${decodeDone(message).errno}`;
  const kind = KINDS[(message.type - 16) >> 2];
  if (message.type < 16 || kind === undefined) return 'other';
  const value = decodeAll(kind.field, message.payload);
  encodeAll(kind.field, value);
  return `${kind.name} ${Object.keys(value as object).join(',')}`;
}

/** Lists, events and acknowledgements of rtnetlink. */
export const rtnetlinkTarget: FuzzTarget = {
  name: 'rtnetlink',
  open: () => (input) => decodeMessages(repairNetlink(input)).map(outcomeOf).join(';'),
};
