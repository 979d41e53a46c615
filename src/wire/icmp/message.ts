import { Reader } from '../../base/reader.ts';
import { Writer } from '../../base/writer.ts';
import { internetChecksum } from '../ipv4/checksum.ts';

/** Types of RFC 792 with a layout of their own here. */
const ICMP_TYPE = { ECHO_REPLY: 0, ECHO_REQUEST: 8 } as const;

/** Echo request or reply (RFC 792): the reply returns identifier, sequence and data unchanged. */
export interface IcmpEcho {
  readonly kind: 'echo-request' | 'echo-reply';
  readonly identifier: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** Any other type: everything behind the checksum as it came. */
export interface IcmpOther {
  readonly kind: 'other';
  readonly type: number;
  readonly code: number;
  readonly body: Uint8Array;
}

export type IcmpMessage = IcmpEcho | IcmpOther;

const CHECKSUM_AT = 2;

/** Reads one message (the payload of an IPv4 datagram of protocol 1). @throws DecodeError */
export function decodeIcmp(bytes: Uint8Array): IcmpMessage {
  const reader = new Reader(bytes);
  const type = reader.u8();
  const code = reader.u8();
  reader.skip(2);
  if (internetChecksum([bytes]) !== 0) throw reader.error('the ICMP checksum is wrong');
  if (code !== 0 || (type !== ICMP_TYPE.ECHO_REPLY && type !== ICMP_TYPE.ECHO_REQUEST)) {
    return { kind: 'other', type, code, body: reader.rest() };
  }
  const kind = type === ICMP_TYPE.ECHO_REPLY ? 'echo-reply' : 'echo-request';
  return { kind, identifier: reader.u16(), sequence: reader.u16(), data: reader.rest() };
}

export function encodeIcmp(message: IcmpMessage): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  if (message.kind === 'other') writer.u8(message.type).u8(message.code).u16(0).bytes(message.body);
  else {
    const type = message.kind === 'echo-reply' ? ICMP_TYPE.ECHO_REPLY : ICMP_TYPE.ECHO_REQUEST;
    writer.u8(type).u8(0).u16(0).u16(message.identifier).u16(message.sequence).bytes(message.data);
  }
  return writer.patchU16(CHECKSUM_AT, internetChecksum([writer.finish()])).finish();
}
