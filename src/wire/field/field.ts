import type { Reader } from '../../base/reader.ts';
import type { Writer } from '../../base/writer.ts';

/** A codec as a value: the two directions of one layout. `decode` throws DecodeError, never anything else. */
export interface Field<T> {
  decode(reader: Reader): T;
  encode(writer: Writer, value: T): void;
}

/** The type of the values a field carries. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** A field whose values are those of `field` seen through a pair of inverse functions. */
export function mapped<A, B>(
  field: Field<A>,
  to: (value: A, reader: Reader) => B,
  from: (value: B) => A,
): Field<B> {
  return {
    decode: (reader) => to(field.decode(reader), reader),
    encode: (writer, value) => field.encode(writer, from(value)),
  };
}
