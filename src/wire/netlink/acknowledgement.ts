import { DecodeError } from '../../base/errors.ts';
import { Reader } from '../../base/reader.ts';
import { u32Le } from '../field/scalars.ts';
import { attribute, attributes, cstring } from './attributes.ts';
import { NLM_F } from './constants.ts';
import { errnoName } from './errno.ts';
import type { NetlinkMessage } from './message.ts';

const HEADER = 16;

/** Extended acknowledgement (linux/netlink.h, enum nlmsgerr_attrs), sent when NETLINK_EXT_ACK is set on the socket. */
const extendedAck = attributes({
  /** NLMSGERR_ATTR_MSG */
  text: attribute(1, cstring),
  /** NLMSGERR_ATTR_OFFS: where in the request the refused attribute begins, counted from its header. */
  offset: attribute(2, u32Le),
});

/** What the kernel says about one request: done (`errno` undefined) or refused. */
export interface Acknowledgement {
  readonly errno: string | undefined;
  /** The kernel's sentence; empty if it has none, and may be a warning when there is no error. */
  readonly text: string;
  /** Byte of the request, counted from its header, that the kernel objects to. */
  readonly offset: number | undefined;
}

function decodeExtendedAck(reader: Reader): { text: string; offset: number | undefined } {
  const found = reader.within('extended', () => extendedAck.decode(reader));
  return { text: found.text ?? '', offset: found.offset };
}

/**
 * Payload of NLMSG_ERROR (struct nlmsgerr): s32 negative errno or 0, the header of the request, the rest of the
 * request unless NLM_F_CAPPED is set, then extended-ack attributes if NLM_F_ACK_TLVS is set.
 * @throws DecodeError
 */
export function decodeAcknowledgement(message: Pick<NetlinkMessage, 'flags' | 'payload'>): Acknowledgement {
  const reader = new Reader(message.payload);
  const code = -(reader.u32Le() | 0);
  if (code < 0) throw new DecodeError(`positive error ${-code}`, { offset: 0, path: 'error' });
  const request = reader.sub(HEADER);
  const length = request.u32Le();
  const errno = code === 0 ? undefined : errnoName(code);
  if ((message.flags & NLM_F.ACK_TLVS) === 0) return { errno, text: '', offset: undefined };
  if ((message.flags & NLM_F.CAPPED) === 0) reader.skip(Math.max(0, (length - HEADER + 3) & ~3));
  return { errno, ...decodeExtendedAck(reader) };
}

/**
 * Payload of NLMSG_DONE: s32 error of the dump, 0 if it is whole, then extended-ack attributes if NLM_F_ACK_TLVS
 * is set. Some senders leave the number out (it is then 0).
 * @throws DecodeError
 */
export function decodeDone(message: Pick<NetlinkMessage, 'flags' | 'payload'>): Acknowledgement {
  if (message.payload.length === 0) return { errno: undefined, text: '', offset: undefined };
  const reader = new Reader(message.payload);
  const code = reader.u32Le() | 0;
  const errno = code < 0 ? errnoName(-code) : undefined;
  if ((message.flags & NLM_F.ACK_TLVS) === 0) return { errno, text: '', offset: undefined };
  return { errno, ...decodeExtendedAck(reader) };
}
