import type { Field } from '../field/field.ts';

/**
 * What every rtnetlink message consists of: a fixed header and attributes, seen as one value. The header's
 * properties and those of the attributes must have different names.
 */
export function message<H extends object, A extends object>(
  header: Field<H>,
  attributes: Field<A>,
): Field<H & A> {
  return {
    decode: (reader) => ({ ...header.decode(reader), ...attributes.decode(reader) }),
    encode(writer, value) {
      header.encode(writer, value);
      attributes.encode(writer, value);
    },
  };
}
