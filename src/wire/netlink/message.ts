import { Reader } from '../../base/reader.ts';
import { Writer } from '../../base/writer.ts';

/*
 * struct nlmsghdr (linux/netlink.h), host order (little-endian):
 *   u32 nlmsg_len    with this header, without padding
 *   u16 nlmsg_type
 *   u16 nlmsg_flags
 *   u32 nlmsg_seq
 *   u32 nlmsg_pid    port of the sender, 0 is the kernel
 */
const HEADER = 16;

/** A message whose payload is not yet decoded. */
export interface NetlinkMessage {
  readonly type: number;
  /** NLM_F bits. */
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
  readonly payload: Uint8Array;
}

/** Cuts a datagram into its messages. @throws DecodeError when lengths do not add up */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] {
  const reader = new Reader(datagram);
  const messages: NetlinkMessage[] = [];
  while (reader.remaining > 0) {
    const length = reader.u32Le();
    const type = reader.u16Le();
    const flags = reader.u16Le();
    const sequence = reader.u32Le();
    const port = reader.u32Le();
    if (length < HEADER) throw reader.error(`message length ${length} is below ${HEADER}`);
    messages.push({ type, flags, sequence, port, payload: reader.bytes(length - HEADER) });
    reader.skip(Math.min((4 - (length % 4)) % 4, reader.remaining));
  }
  return messages;
}

/** The messages one after the other, each padded to four bytes: one datagram, for nftables one transaction. */
export function encodeMessages(messages: readonly NetlinkMessage[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer(messages.reduce((sum, message) => sum + HEADER + message.payload.length + 3, 0));
  for (const { type, flags, sequence, port, payload } of messages) {
    writer
      .u32Le(HEADER + payload.length)
      .u16Le(type)
      .u16Le(flags)
      .u32Le(sequence)
      .u32Le(port);
    writer.bytes(payload).align(4);
  }
  return writer.finish();
}
