import { InvariantError } from '../../base/errors.ts';
import { Reader } from '../../base/reader.ts';
import { Writer } from '../../base/writer.ts';
import type { Field } from '../field/field.ts';
import { u16, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { type Chain, chain } from './chain.ts';
import { NFNL_SUBSYS_NFTABLES } from './constants.ts';
import { type ElementList, elementList } from './element.ts';
import { type FlowTable, flowTable } from './flow-table.ts';
import { type Generation, generation } from './generation.ts';
import { type NftObject, object } from './object.ts';
import { type Rule, rule } from './rule.ts';
import { type NftSet, set } from './set.ts';
import { type Table, table } from './table.ts';

/** struct nfgenmsg (linux/netfilter/nfnetlink.h); `version` is NFNETLINK_V0, `resource` big-endian. */
export const header = struct({ family: u8, version: u8, resource: u16 });

/** enum nft_msg_types: for each kind of thing its NEW, GET and DEL message. */
const OPERATIONS = {
  table: { add: 0, get: 1, delete: 2, codec: table },
  chain: { add: 3, get: 4, delete: 5, codec: chain },
  rule: { add: 6, get: 7, delete: 8, codec: rule },
  set: { add: 9, get: 10, delete: 11, codec: set },
  elements: { add: 12, get: 13, delete: 14, codec: elementList },
  generation: { add: 15, get: 16, delete: undefined, codec: generation },
  object: { add: 18, get: 19, delete: 20, codec: object },
  flowTable: { add: 22, get: 23, delete: 24, codec: flowTable },
} as const;

export type NftOperation = 'add' | 'get' | 'delete';

/** What a message is about. */
export type NftSubject =
  | { readonly kind: 'table'; readonly body: Table }
  | { readonly kind: 'chain'; readonly body: Chain }
  | { readonly kind: 'rule'; readonly body: Rule }
  | { readonly kind: 'set'; readonly body: NftSet }
  | { readonly kind: 'elements'; readonly body: ElementList }
  | { readonly kind: 'generation'; readonly body: Generation }
  | { readonly kind: 'object'; readonly body: NftObject }
  | { readonly kind: 'flowTable'; readonly body: FlowTable };

/** One message of the nf_tables subsystem. The kernel's own replies and events are `add` and `delete` too. */
export type NftMessage = NftSubject & {
  readonly operation: NftOperation;
  /** NFPROTO_* */
  readonly family: number;
};

/** A message as it lies in the netlink framing. */
export interface NftPacket {
  readonly type: number;
  readonly payload: Uint8Array;
}

type Kind = keyof typeof OPERATIONS;
const KINDS = Object.keys(OPERATIONS) as Kind[];
const NAMES: readonly NftOperation[] = ['add', 'get', 'delete'];

const byNumber = new Map<number, { kind: Kind; operation: NftOperation }>();
for (const kind of KINDS) {
  for (const operation of NAMES) {
    const number = OPERATIONS[kind][operation];
    if (number !== undefined) byNumber.set(number, { kind, operation });
  }
}

function codecOf(kind: Kind): Field<unknown> {
  return OPERATIONS[kind].codec;
}

/** @throws InvariantError for an operation the subsystem does not have. */
export function encodeNft(message: NftMessage): NftPacket {
  const number = OPERATIONS[message.kind][message.operation];
  if (number === undefined)
    throw new InvariantError(`Cannot encode ${message.operation} ${message.kind}: there is no such message`);
  const writer = new Writer();
  header.encode(writer, { family: message.family, version: 0, resource: 0 });
  codecOf(message.kind).encode(writer, message.body);
  return { type: (NFNL_SUBSYS_NFTABLES << 8) | number, payload: writer.finish() };
}

/** Undefined for a message we have no use for: another subsystem, trace. @throws DecodeError */
export function decodeNft(packet: NftPacket): NftMessage | undefined {
  const found = byNumber.get(packet.type & 0xff);
  if (packet.type >> 8 !== NFNL_SUBSYS_NFTABLES || found === undefined) return undefined;
  const reader = new Reader(packet.payload);
  const { family } = header.decode(reader);
  const body = reader.within(found.kind, () => codecOf(found.kind).decode(reader));
  return { ...found, family, body } as NftMessage;
}
