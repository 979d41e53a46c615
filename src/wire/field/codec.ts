import { Reader } from '../../base/reader.ts';
import { written } from '../../base/writer.ts';
import type { Field } from './field.ts';

/** Decodes a whole message; left-over bytes are an error. @throws DecodeError */
export function decodeAll<T>(field: Field<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = field.decode(reader);
  reader.finish();
  return value;
}

export function encodeAll<T>(field: Field<T>, value: T): Uint8Array<ArrayBuffer> {
  return written((writer) => field.encode(writer, value));
}
