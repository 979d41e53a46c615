import type { Field, ValueOf } from './field.ts';

type Shape = Readonly<Record<string, Field<unknown>>>;
// A field is invariant in its type, so a shape of mixed fields is accepted through this weaker view.
type AnyShape = {
  readonly [name: string]: { decode: Shape[string]['decode']; encode(...args: never[]): void };
};

/** The value of a shape: one property a field, in the same order. */
export type StructOf<S> = { -readonly [K in keyof S]: ValueOf<S[K]> };

/** Fields one after the other without padding; the property order is the byte order. Errors carry the property's name. */
export function struct<const S extends AnyShape>(shape: S): Field<StructOf<S>> {
  const fields = Object.entries(shape as unknown as Shape).map(([name, field]) => ({ name, field }));
  // A copy of it is made whole, an object that gets one property after the other grows with each.
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(
    fields.map(({ name }) => [name, undefined]),
  );
  return {
    decode(reader) {
      const value = { ...blank };
      return reader.within('', () => {
        for (const { name, field } of fields) {
          reader.rename(name);
          value[name] = field.decode(reader);
        }
        return value as StructOf<S>;
      });
    },
    encode(writer, value) {
      for (const { name, field } of fields) field.encode(writer, (value as Record<string, unknown>)[name]);
    },
  };
}
