/** All parts one after the other in a new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two byte strings are the same. Not constant-time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A view without those at its end that are one of `octets`. */
export function withoutTrailing(bytes: Uint8Array, ...octets: readonly number[]): Uint8Array {
  const [only] = octets;
  let end = bytes.length;
  // With one octet there is no list to search for each: two fields of a DHCP message are mostly 192 zeros.
  if (octets.length === 1) while (end > 0 && bytes[end - 1] === only) end--;
  else while (end > 0 && octets.includes(bytes[end - 1] ?? -1)) end--;
  return bytes.subarray(0, end);
}

/** The pieces of a stream as one array; no more of them than it takes to have `enough` octets. */
export async function collectBytes(
  pieces: AsyncIterable<Uint8Array>,
  enough = Infinity,
): Promise<Uint8Array<ArrayBuffer>> {
  const taken: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    taken.push(piece);
    length += piece.length;
    if (length >= enough) break;
  }
  return concatBytes(taken);
}
