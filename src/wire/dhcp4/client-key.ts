import { toHex } from '../../base/hex.ts';
import { type Mac, macFromBytes } from '../../base/mac.ts';
import { HTYPE_ETHERNET } from './constants.ts';
import type { Dhcp4Message } from './message.ts';

declare const clientKeyBrand: unique symbol;

/** What a server knows a client by: `id:` and the client identifier, or `hw:`, hardware type and address, in hexadecimal. */
export type ClientKey = string & { readonly [clientKeyBrand]: true };

/** RFC 2131 §4.2: the client identifier (option 61) if there is one, else hardware type and address. */
export function clientKeyOf(message: Pick<Dhcp4Message, 'htype' | 'chaddr' | 'options'>): ClientKey {
  const id = message.options.clientId;
  if (id !== undefined && id.length > 0) return clientKeyOfId(id);
  return `hw:${message.htype.toString(16).padStart(2, '0')}:${toHex(message.chaddr)}` as ClientKey;
}

/** The key of a client identifier as configured or stored. */
export function clientKeyOfId(id: Uint8Array): ClientKey {
  return `id:${toHex(id)}` as ClientKey;
}

/** The Ethernet address of a client, or undefined if it is on another kind of link. */
export function macOfClient(message: Pick<Dhcp4Message, 'htype' | 'chaddr'>): Mac | undefined {
  return message.htype === HTYPE_ETHERNET && message.chaddr.length === 6
    ? macFromBytes(message.chaddr)
    : undefined;
}
