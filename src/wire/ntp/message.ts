import { Reader } from '../../base/reader.ts';
import { encodeAll } from '../field/codec.ts';
import { type Field, type ValueOf, mapped } from '../field/field.ts';
import { bytes, u32, u64, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';

export const NTP_PORT = 123;

/** Association modes (RFC 5905 figure 10) that ask and answer. */
const NTP_MODE = { CLIENT: 3, SERVER: 4 } as const;
/** What is sent; servers answer in the version they were asked in. */
const NTP_VERSION = 4;

/** The header of RFC 5905 figure 8: 48 octets. Timestamps are 32 bits of seconds since 1900 and 32 bits of fraction. */
const header = struct({
  /** Two bits of leap indicator, three of version, three of mode. */
  first: u8,
  /** 0: a kiss of death, `referenceId` is its code (RFC 5905 section 7.4); 1 to 15: the distance to a clock. */
  stratum: u8,
  /** Seconds between questions, as an exponent of 2. */
  poll: u8,
  precision: u8,
  rootDelay: u32,
  rootDispersion: u32,
  referenceId: bytes(4),
  referenceTime: u64,
  /** In an answer the `transmitTime` of the question: what proves that it is one. */
  originTime: u64,
  receiveTime: u64,
  transmitTime: u64,
});

interface FirstOctet {
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
}

export type NtpMessage = Omit<ValueOf<typeof header>, 'first'> & FirstOctet;

const message: Field<NtpMessage> = mapped(
  header,
  ({ first, ...rest }) => ({ leap: first >> 6, version: (first >> 3) & 7, mode: first & 7, ...rest }),
  ({ leap, version, mode, ...rest }) => ({ first: (leap << 6) | (version << 3) | mode, ...rest }),
);

/** Reads the header; extension fields and authenticators behind it (RFC 5905 section 7.5) are passed over. @throws DecodeError */
export function decodeNtp(datagram: Uint8Array): NtpMessage {
  return message.decode(new Reader(datagram));
}

export function encodeNtp(value: NtpMessage): Uint8Array<ArrayBuffer> {
  return encodeAll(message, value);
}

/**
 * The question of a client that tells nothing of itself: all zero but version, mode and `transmitTime`, for which any
 * unpredictable number does (RFC 5905 section 7.3, draft-ietf-ntp-data-minimization).
 */
export function ntpQuestion(transmitTime: bigint): NtpMessage {
  return {
    leap: 0,
    version: NTP_VERSION,
    mode: NTP_MODE.CLIENT,
    stratum: 0,
    poll: 0,
    precision: 0,
    rootDelay: 0,
    rootDispersion: 0,
    referenceId: new Uint8Array(4),
    referenceTime: 0n,
    originTime: 0n,
    receiveTime: 0n,
    transmitTime,
  };
}

/** Whether `answer` is a server's answer to the question sent with this `transmitTime` (RFC 4330 section 5). */
export function isNtpAnswer(answer: NtpMessage, transmitTime: bigint): boolean {
  return answer.mode === NTP_MODE.SERVER && answer.originTime === transmitTime;
}
