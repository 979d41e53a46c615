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

/** One option as a TLV, or as several where it is longer than {@link MAX_TLV}. */
export function optionTlvs(code: number, value: Uint8Array): Uint8Array {
  const parts = Math.max(1, Math.ceil(value.length / MAX_TLV));
  const tlvs = new Uint8Array(value.length + 2 * parts);
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const octets = value.subarray(part * MAX_TLV, (part + 1) * MAX_TLV);
    tlvs.set([code, octets.length], at);
    tlvs.set(octets, at + 2);
    at += 2 + octets.length;
  }
  return tlvs;
}
