import { type Ipv4, ipv4FromBytes } from '../../base/ipv4.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';

/** Sub-option 5 of the relay's notes (RFC 3527): the network of the client, where the relay's own address does not tell it. */
const LINK_SELECTION = 5;

/** The network the client asks from: 0.0.0.0 for the one the message came in by, else any address of it. */
export function linkOf({ giaddr, options }: Pick<Dhcp4Message, 'giaddr' | 'options'>): Ipv4 {
  const notes = options.relayAgent ?? new Uint8Array(0);
  for (let at = 0; at + 2 <= notes.length; at += 2 + (notes[at + 1] ?? 0)) {
    const value = notes.subarray(at + 2, at + 2 + (notes[at + 1] ?? 0));
    if (notes[at] === LINK_SELECTION && value.length === 4) return ipv4FromBytes(value);
  }
  return giaddr;
}
