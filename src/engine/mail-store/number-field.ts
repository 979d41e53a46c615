import type { Reader } from '../../base/reader.ts';
import type { Writer } from '../../base/writer.ts';

const WORD = 2 ** 32;

/** A u64 that JavaScript can hold exactly. In two halves: a hundred thousand BigInts would be most of the time of an opening. @throws DecodeError */
export function readNumber(reader: Reader): number {
  const high = reader.u32();
  const low = reader.u32();
  if (high >= 2 ** 21) throw reader.error(`${high} times 2^32 is out of range`);
  return high * WORD + low;
}

/** The inverse of {@link readNumber}. */
export function writeNumber(writer: Writer, value: number): void {
  writer.u32(Math.floor(value / WORD)).u32(value % WORD);
}
