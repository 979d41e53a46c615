import { Reader } from '../../base/reader.ts';
import { Writer } from '../../base/writer.ts';
import type { Field } from '../field/field.ts';
import { netfilterHeader } from '../netlink/netfilter-header.ts';
import { type NflogConfig, nflogConfig } from './config.ts';
import { NFNL_SUBSYS_ULOG } from './constants.ts';
import { type NflogPacket, nflogPacket } from './packet.ts';

/** enum nfulnl_msg_types */
const TYPES = {
  packet: { number: 0, codec: nflogPacket },
  config: { number: 1, codec: nflogConfig },
} as const;

/** One message of nfnetlink_log. `family` is that of the packet, AF_*. */
export type NflogMessage =
  | { readonly kind: 'packet'; readonly family: number; readonly group: number; readonly body: NflogPacket }
  | { readonly kind: 'config'; readonly family: number; readonly group: number; readonly body: NflogConfig };

/** A message as it lies in the netlink framing. */
export interface NflogFrame {
  readonly type: number;
  readonly payload: Uint8Array;
}

function codecOf(kind: NflogMessage['kind']): Field<unknown> {
  return TYPES[kind].codec;
}

export function encodeNflog({ kind, family, group, body }: NflogMessage): NflogFrame {
  const writer = new Writer();
  netfilterHeader.encode(writer, { family, version: 0, resource: group });
  codecOf(kind).encode(writer, body);
  return { type: (NFNL_SUBSYS_ULOG << 8) | TYPES[kind].number, payload: writer.finish() };
}

/** Undefined for a message of another subsystem. @throws DecodeError */
export function decodeNflog(frame: NflogFrame): NflogMessage | undefined {
  const kind = (['packet', 'config'] as const)[frame.type & 0xff];
  if (frame.type >> 8 !== NFNL_SUBSYS_ULOG || kind === undefined) return undefined;
  const reader = new Reader(frame.payload);
  const { family, resource: group } = netfilterHeader.decode(reader);
  const body = reader.within(kind, () => codecOf(kind).decode(reader));
  return { kind, family, group, body } as NflogMessage;
}
