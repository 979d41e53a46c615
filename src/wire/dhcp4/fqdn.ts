import { withoutTrailing } from '../../base/bytes.ts';
import { DecodeError } from '../../base/errors.ts';
import { Reader } from '../../base/reader.ts';
import { fromLatin1 } from '../../base/text.ts';
import type { ValueOf } from '../field/field.ts';
import { flags } from '../field/flags.ts';
import { rest, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { nameList } from './name-list.ts';

const DOT = 0x2e;

/**
 * Client FQDN (RFC 4702 §2): flags S (server updates A), O (server overrode), E (name in DNS wire form), N (no update);
 * two response codes that mean nothing any more; the name as it came, because clients write it in several ways.
 */
export const clientFqdn = struct({
  flags: flags(u8, { serverUpdates: 1, overridden: 2, wireForm: 4, noUpdate: 8 }),
  rcode1: u8,
  rcode2: u8,
  name: rest,
});
export type ClientFqdn = ValueOf<typeof clientFqdn>;

/**
 * The name a client gave itself, as dotted text, or undefined if there is none or it cannot be read. The deprecated
 * plain form (RFC 4702 §2.3.1) and a wire form without its final zero (a partial name) are read too.
 */
export function nameOfFqdn(fqdn: ClientFqdn): string | undefined {
  if (!fqdn.flags.wireForm) {
    const text = fromLatin1(withoutTrailing(fqdn.name, 0, DOT));
    return text === '' ? undefined : text;
  }
  const bytes = fqdn.name.at(-1) === 0 ? fqdn.name : Uint8Array.of(...fqdn.name, 0);
  try {
    const [name] = nameList.decode(new Reader(bytes));
    return name === '' ? undefined : name;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
