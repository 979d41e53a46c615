import { DecodeError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { PROTOCOL, decodeIpv4Packet } from '../ipv4/packet.ts';
import { decodeIcmp, encodeIcmp } from './message.ts';

/** What tells one echo exchange from another. */
export interface EchoIdentity {
  /** Chosen by the sending program, 16 bits. */
  readonly identifier: number;
  /** Counts its requests, 16 bits. */
  readonly sequence: number;
}

/** An echo reply with who sent it. */
export interface EchoReply extends EchoIdentity {
  readonly source: Ipv4;
}

/** An echo request without data, as the payload of an IPv4 datagram of protocol 1 (RFC 792). */
export function encodeEchoRequest(identity: EchoIdentity): Uint8Array {
  return encodeIcmp({ kind: 'echo-request', ...identity, data: new Uint8Array(0) });
}

/** The echo reply in a whole IPv4 datagram, or undefined if it holds anything else or is damaged. */
export function decodeEchoReply(datagram: Uint8Array): EchoReply | undefined {
  try {
    const { protocol, source, payload } = decodeIpv4Packet(datagram);
    const message = protocol === PROTOCOL.ICMP ? decodeIcmp(payload) : undefined;
    if (message?.kind !== 'echo-reply') return undefined;
    return { source, identifier: message.identifier, sequence: message.sequence };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
