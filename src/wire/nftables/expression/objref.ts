import { latin1 } from '../../../base/text.ts';
import type { Field } from '../../field/field.ts';
import { u32 } from '../../field/scalars.ts';
import { attribute, attributes, cstring } from '../../netlink/attributes.ts';

/** Without the closing zero, as libnftnl sends these two names; the kernel gives them back with it. */
const name: Field<string> = {
  decode: (reader) => cstring.decode(reader),
  encode: (writer, value) => void writer.bytes(latin1(value)),
};

/**
 * `objref`: uses a named object such as a counter, by its type and name or by looking `sreg` up in an object map
 * (NFTA_OBJREF_*). With a map that has no such key the rule does not match.
 */
export const objref = attributes({
  /** NFT_OBJECT_* */
  type: attribute(1, u32),
  name: attribute(2, name),
  sreg: attribute(3, u32),
  set: attribute(4, name),
  setId: attribute(5, u32),
});
