import { concatBytes } from '../../base/bytes.ts';
import type { Reader } from '../../base/reader.ts';
import { MAX_TLV, OPTION_END, OPTION_PAD } from './constants.ts';

/**
 * Reads the TLVs of one area up to its END into `raw`; values of a number seen before are appended to it (RFC 3396 §5).
 * An area that ends without END is accepted: old boot loaders send such, and nothing is ambiguous about it.
 * @throws DecodeError if a TLV runs past the area.
 */
export function readOptionArea(reader: Reader, raw: Map<number, Uint8Array>): void {
  reader.within('', () => {
    while (reader.remaining > 0) {
      const code = reader.u8();
      if (code === OPTION_PAD) continue;
      if (code === OPTION_END) return;
      reader.rename(code);
      const value = reader.bytes(reader.u8());
      const before = raw.get(code);
      raw.set(code, before === undefined ? value : concatBytes([before, value]));
    }
  });
}

/** Octets that a value of this length takes as TLVs. */
export function tlvsLength(length: number): number {
  return length + 2 * Math.max(1, Math.ceil(length / MAX_TLV));
}

export interface RawOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Writes one option as TLVs, split where it is longer than {@link MAX_TLV}, and returns where it ends. */
export function putTlvs(area: Uint8Array, start: number, { code, value }: RawOption): number {
  let [from, at] = [0, start];
  do {
    const part = value.length <= MAX_TLV ? value : value.subarray(from, from + MAX_TLV);
    area[at] = code;
    area[at + 1] = part.length;
    area.set(part, at + 2);
    from += part.length;
    at += 2 + part.length;
  } while (from < value.length);
  return at;
}

/** One option as TLVs of its own. */
export function optionTlvs(code: number, value: Uint8Array): Uint8Array {
  const tlvs = new Uint8Array(tlvsLength(value.length));
  putTlvs(tlvs, 0, { code, value });
  return tlvs;
}
