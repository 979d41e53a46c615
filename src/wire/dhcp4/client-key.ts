import { toHex } from '../../base/hex.ts';
import { type Mac, macFromBytes } from '../../base/mac.ts';
import { HTYPE_ETHERNET } from './constants.ts';
import type { Dhcp4Message } from './message.ts';

declare const clientKeyBrand: unique symbol;

/** What a server knows a client by, in lower-case hexadecimal of at most 255 octets. */
export type ClientKey = string & { readonly [clientKeyBrand]: true };

/** RFC 2132 §9.14 bounds the identifier by the length of one option. */
const MAX_IDENTIFIER = 255;

/**
 * RFC 2131 §4.2: the client identifier (option 61) if there is one, else hardware type and address. The two coincide
 * for the identifier "hardware type and address" (RFC 2132 §9.14), so that a boot loader that sends none and the system
 * it loads are one client. An identifier longer than an option can be is not one.
 */
export function clientKeyOf(message: Pick<Dhcp4Message, 'htype' | 'chaddr' | 'options'>): ClientKey {
  const id = message.options.clientId;
  if (id !== undefined && id.length > 0 && id.length <= MAX_IDENTIFIER) return clientKeyOfId(id);
  return clientKeyOfId(Uint8Array.of(message.htype, ...message.chaddr));
}

/** The key of a client identifier as configured or stored. */
export function clientKeyOfId(id: Uint8Array): ClientKey {
  return toHex(id) as ClientKey;
}

/** The Ethernet address of a client, or undefined if it is on another kind of link. */
export function macOfClient(message: Pick<Dhcp4Message, 'htype' | 'chaddr'>): Mac | undefined {
  return message.htype === HTYPE_ETHERNET && message.chaddr.length === 6
    ? macFromBytes(message.chaddr)
    : undefined;
}
