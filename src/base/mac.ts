import { InvariantError, UserError } from './errors.ts';
import { toHex } from './hex.ts';

declare const macBrand: unique symbol;

/** An Ethernet address in its canonical text: six lower-case hexadecimal pairs with colons. */
export type Mac = string & { readonly [macBrand]: true };

/** Octets of an address (ETH_ALEN of linux/if_ether.h). */
export const MAC_LENGTH = 6;

/** Accepts `02:00:00:00:00:20`, also with `-` or capitals. */
export function tryParseMac(text: string): Mac | undefined {
  const canonical = text.toLowerCase().replaceAll('-', ':');
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(canonical) ? (canonical as Mac) : undefined;
}

/** @throws UserError naming the text. */
export function parseMac(text: string): Mac {
  const mac = tryParseMac(text);
  if (mac === undefined)
    throw new UserError(`Cannot read "${text}" as a MAC address: wanted is the form "02:00:00:00:00:20"`);
  return mac;
}

/** The value of a lower-case hexadecimal digit. */
function digitAt(mac: Mac, index: number): number {
  const code = mac.charCodeAt(index);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

export function macBytes(mac: Mac): Uint8Array {
  const bytes = new Uint8Array(MAC_LENGTH);
  for (let i = 0; i < MAC_LENGTH; i++) bytes[i] = (digitAt(mac, i * 3) << 4) | digitAt(mac, i * 3 + 1);
  return bytes;
}

/** From exactly six bytes. @throws InvariantError for another length. */
export function macFromBytes(bytes: Uint8Array): Mac {
  if (bytes.length !== MAC_LENGTH)
    throw new InvariantError(`Cannot use ${bytes.length} bytes as a MAC address`);
  return toHex(bytes, ':') as Mac;
}

/** 00:00:00:00:00:00, where none is known yet. */
export const ZERO_MAC = '00:00:00:00:00:00' as Mac;

/** ff:ff:ff:ff:ff:ff */
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as Mac;
