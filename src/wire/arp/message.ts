import { ETH_P } from '../../base/ether-type.ts';
import { ZERO_MAC } from '../../base/mac.ts';
import { Reader } from '../../base/reader.ts';
import { encodeAll } from '../field/codec.ts';
import type { ValueOf } from '../field/field.ts';
import { ipv4, mac, u16, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';

/** Values of `operation` (RFC 826). */
export const ARP = { REQUEST: 1, REPLY: 2 } as const;

const kind = struct({ hardware: u16, protocol: u16, hardwareLength: u8, protocolLength: u8 });
const body = struct({
  operation: u16,
  senderMac: mac,
  senderAddress: ipv4,
  targetMac: mac,
  targetAddress: ipv4,
});

/** Ethernet (ARPHRD_ETHER of linux/if_arp.h) and IPv4: the only kind there is on a LAN. */
const ETHERNET_IPV4 = { hardware: 1, protocol: ETH_P.IP, hardwareLength: 6, protocolLength: 4 } as const;

/** An address resolution message for IPv4 over Ethernet. */
export type ArpMessage = ValueOf<typeof body>;

/** Reads one message; octets behind it are padding of short Ethernet frames. @throws DecodeError, also for other kinds of links. */
export function decodeArp(bytes: Uint8Array): ArpMessage {
  const reader = new Reader(bytes);
  const found = kind.decode(reader);
  for (const [name, wanted] of Object.entries(ETHERNET_IPV4)) {
    if (found[name as keyof typeof ETHERNET_IPV4] !== wanted)
      throw reader.error(`${name} of ${wanted} is wanted`);
  }
  return body.decode(reader);
}

export function encodeArp(message: ArpMessage): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...encodeAll(kind, ETHERNET_IPV4), ...encodeAll(body, message));
}

/**
 * The question who has an address. Asked under that address itself it tells everybody whose it is (RFC 5227 section 2.3); under 0.0.0.0, a
 * probe (section 2.1.1), it changes nothing of what others know. The hardware address asked for is zero there.
 */
export function encodeArpRequest(
  question: Pick<ArpMessage, 'senderMac' | 'senderAddress' | 'targetAddress'>,
): Uint8Array<ArrayBuffer> {
  return encodeArp({ ...question, operation: ARP.REQUEST, targetMac: ZERO_MAC });
}
