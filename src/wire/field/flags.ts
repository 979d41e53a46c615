import type { Field } from './field.ts';

/** Which named bits are set; bits without a name are kept in `unknown`, so that they re-encode unchanged. */
export type Flags<N extends string> = { readonly [K in N]: boolean } & { readonly unknown: number };

/**
 * An integer seen as named bits. `table` maps a name to its bit mask in the protocol's own numbering,
 * `flags(u16, { broadcast: 0x8000 })`.
 */
export function flags<const T extends Readonly<Record<string, number>>>(
  integer: Field<number>,
  table: T,
): Field<Flags<keyof T & string>> {
  const names = Object.entries(table);
  const known = names.reduce((mask, [, bit]) => mask | bit, 0);
  return {
    decode(reader) {
      const word = integer.decode(reader);
      const value: Record<string, boolean | number> = { unknown: (word & ~known) >>> 0 };
      for (const [name, bit] of names) value[name] = (word & bit) !== 0;
      return value as Flags<keyof T & string>;
    },
    encode(writer, value) {
      let word = value.unknown;
      for (const [name, bit] of names) if (value[name as keyof T & string]) word |= bit;
      integer.encode(writer, word >>> 0);
    },
  };
}
