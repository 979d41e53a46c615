import { concatBytes } from '../../base/bytes.ts';
import type { Reader } from '../../base/reader.ts';
import { OPTION_END, OPTION_PAD } from './constants.ts';

/** The longest value of one TLV; a longer option becomes several of the same number (RFC 3396 §4). */
const MAX_TLV = 255;

/**
 * Reads the TLVs of one area up to its END into `raw`; values of a number seen before are appended to it (RFC 3396 §5).
 * An area that ends without END is accepted: old boot loaders send such, and nothing is ambiguous about it.
 * @throws DecodeError if a TLV runs past the area.
 */
export function readOptionArea(reader: Reader, raw: Map<number, Uint8Array>): void {
  while (reader.remaining > 0) {
    const code = reader.u8();
    if (code === OPTION_PAD) continue;
    if (code === OPTION_END) return;
    const value = reader.within(code, () => reader.bytes(reader.u8()));
    const before = raw.get(code);
    raw.set(code, before === undefined ? value : concatBytes([before, value]));
  }
}

/** One option as TLVs, split where it is longer than {@link MAX_TLV}. */
export function optionTlvs(code: number, value: Uint8Array): Uint8Array {
  const tlvs = new Uint8Array(value.length + 2 * Math.max(1, Math.ceil(value.length / MAX_TLV)));
  let [at, to] = [0, 0];
  do {
    const part = value.length <= MAX_TLV ? value : value.subarray(at, at + MAX_TLV);
    tlvs[to] = code;
    tlvs[to + 1] = part.length;
    tlvs.set(part, to + 2);
    at += part.length;
    to += 2 + part.length;
  } while (at < value.length);
  return tlvs;
}
