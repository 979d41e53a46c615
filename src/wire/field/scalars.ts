import type { Ipv4 } from '../../base/ipv4.ts';
import { type Ipv6, ipv6Bytes, ipv6FromBytes } from '../../base/ipv6.ts';
import { type Mac, macBytes, macFromBytes } from '../../base/mac.ts';
import { InvariantError } from '../../base/errors.ts';
import { type Field, mapped } from './field.ts';

export const u8: Field<number> = { decode: (r) => r.u8(), encode: (w, v) => void w.u8(v) };
/** Big-endian, as all integers here without `Le` in their name. */
export const u16: Field<number> = { decode: (r) => r.u16(), encode: (w, v) => void w.u16(v) };
export const u32: Field<number> = { decode: (r) => r.u32(), encode: (w, v) => void w.u32(v) };
export const u64: Field<bigint> = { decode: (r) => r.u64(), encode: (w, v) => void w.u64(v) };
export const u16Le: Field<number> = { decode: (r) => r.u16Le(), encode: (w, v) => void w.u16Le(v) };
export const u32Le: Field<number> = { decode: (r) => r.u32Le(), encode: (w, v) => void w.u32Le(v) };
export const u64Le: Field<bigint> = { decode: (r) => r.u64Le(), encode: (w, v) => void w.u64Le(v) };
function unsigned(v: number): number {
  if ((v | 0) !== v) throw new InvariantError(`Cannot write ${v} into 4 bytes with sign`);
  return v >>> 0;
}

/** Two's complement. */
export const s32: Field<number> = mapped(u32, (v) => v | 0, unsigned);
/** Two's complement, little-endian. */
export const s32Le: Field<number> = mapped(u32Le, (v) => v | 0, unsigned);

/** All that is left. */
export const rest: Field<Uint8Array> = { decode: (r) => r.rest(), encode: (w, v) => void w.bytes(v) };

/** Exactly `length` bytes. */
export function bytes(length: number): Field<Uint8Array> {
  return {
    decode: (reader) => reader.bytes(length),
    encode(writer, value) {
      if (value.length !== length)
        throw new InvariantError(`Cannot write ${value.length} bytes into a field of ${length}`);
      writer.bytes(value);
    },
  };
}

/** Up to `length` bytes, with zeros to that length behind them; they are read with the zeros. */
export function padded(length: number): Field<Uint8Array> {
  return {
    decode: (reader) => reader.bytes(length),
    encode(writer, value) {
      if (value.length > length)
        throw new InvariantError(`Cannot write ${value.length} bytes into a field of ${length}`);
      writer.bytes(value).zeros(length - value.length);
    },
  };
}

/** Reserved bytes: written as zero, ignored when read. */
export function padding(length: number): Field<undefined> {
  return {
    decode: (reader) => {
      reader.skip(length);
      return undefined;
    },
    encode: (writer) => void writer.zeros(length),
  };
}

export const ipv4: Field<Ipv4> = { decode: (r) => r.u32() as Ipv4, encode: (w, v) => void w.u32(v) };
export const ipv6: Field<Ipv6> = mapped(bytes(16), (v) => ipv6FromBytes(v), ipv6Bytes);
export const mac: Field<Mac> = mapped(bytes(6), (v) => macFromBytes(v), macBytes);
