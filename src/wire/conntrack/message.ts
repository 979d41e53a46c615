import { Reader } from '../../base/reader.ts';
import { Writer } from '../../base/writer.ts';
import type { Field } from '../field/field.ts';
import { netfilterHeader } from '../netlink/netfilter-header.ts';
import { NFNL_SUBSYS_CTNETLINK } from './constants.ts';
import { type Entry, entry } from './entry.ts';
import { type Statistics, statistics } from './statistics.ts';

/** enum cntl_msg_types. What the kernel lists, made or changed comes as `new`, what ended as `delete`. */
const TYPES = {
  new: { number: 0, codec: entry },
  get: { number: 1, codec: entry },
  delete: { number: 2, codec: entry },
  statistics: { number: 5, codec: statistics },
} as const;

/** One message of ctnetlink; `family` is one of FAMILY. */
export type ConntrackMessage =
  | { readonly kind: 'new' | 'get' | 'delete'; readonly family: number; readonly body: Entry }
  | { readonly kind: 'statistics'; readonly family: number; readonly body: Statistics };

/** A message as it lies in the netlink framing. */
export interface ConntrackPacket {
  readonly type: number;
  readonly payload: Uint8Array;
}

const KINDS = Object.keys(TYPES) as (keyof typeof TYPES)[];
const byNumber = new Map(KINDS.map((kind) => [TYPES[kind].number as number, kind]));

function codecOf(kind: keyof typeof TYPES): Field<unknown> {
  return TYPES[kind].codec;
}

export function encodeConntrack({ kind, family, body }: ConntrackMessage): ConntrackPacket {
  const writer = new Writer();
  netfilterHeader.encode(writer, { family, version: 0, resource: 0 });
  codecOf(kind).encode(writer, body);
  return { type: (NFNL_SUBSYS_CTNETLINK << 8) | TYPES[kind].number, payload: writer.finish() };
}

/** Undefined for a message of another subsystem, or of a kind there is no use for. @throws DecodeError */
export function decodeConntrack(packet: ConntrackPacket): ConntrackMessage | undefined {
  const kind = byNumber.get(packet.type & 0xff);
  if (packet.type >> 8 !== NFNL_SUBSYS_CTNETLINK || kind === undefined) return undefined;
  const reader = new Reader(packet.payload);
  const { family } = netfilterHeader.decode(reader);
  const body = reader.within(kind, () => codecOf(kind).decode(reader));
  return { kind, family, body } as ConntrackMessage;
}
