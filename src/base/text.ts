const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return utf8Encoder.encode(text);
}

/** A string from UTF-8 bytes; ill-formed sequences become U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

/** One byte a character, U+0000 to U+00FF: for protocols whose lines are octets. Higher characters become `?`. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[i] = code < 256 ? code : 0x3f;
  }
  return bytes;
}

/** The inverse of {@link latin1}; every byte sequence is readable. */
export function fromLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

const NOT_PRINTABLE_ASCII = /[^ -~]/;

/** Lower case for A to Z only: names of the DNS (RFC 4343) and keywords of SMTP must not follow a locale. */
export function asciiLower(text: string): string {
  // Where there is nothing else, the engine's own is the same, and several times as fast: each field of each mail comes by.
  if (!NOT_PRINTABLE_ASCII.test(text)) return text.toLowerCase();
  return text.replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}
