const NUL = 0;
const LF = 10;
const CR = 13;
/** What Dovecot puts in place of a NUL as well: no character of any text, and allowed in mail. */
const IN_PLACE_OF_NUL = 0x80;

/** The text with CRLF as its only line end: CR, LF and CRLF each become one. NUL, which no message may hold (RFC 5322 §2.3), becomes 0x80. */
export function toCrlf(text: Uint8Array): Uint8Array<ArrayBuffer> {
  let length = text.length;
  for (let at = 0; at < text.length; at++) if (isLoneEnd(text, at)) length += 1;
  const whole = new Uint8Array(length);
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    const octet = text[at] ?? NUL;
    if (isLoneEnd(text, at)) {
      whole[end++] = CR;
      whole[end++] = LF;
    } else whole[end++] = octet === NUL ? IN_PLACE_OF_NUL : octet;
  }
  return whole;
}

/** A CR without LF behind it, or a LF without CR before it. */
function isLoneEnd(text: Uint8Array, at: number): boolean {
  const octet = text[at];
  return octet === LF ? text[at - 1] !== CR : octet === CR && text[at + 1] !== LF;
}

/** The text with LF for every CRLF, as files of a Unix system have it. */
export function toLf(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(text.length);
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === CR && text[at + 1] === LF) continue;
    whole[end++] = text[at] ?? NUL;
  }
  return whole.subarray(0, end);
}
