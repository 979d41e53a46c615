import { fromLatin1, fromUtf8, utf8 } from '../../base/text.ts';

const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/;

/**
 * The text that an xtext stands for (RFC 3461 §4); undefined if it is none, or hides control characters. Its octets are UTF-8, as hosts write addresses beyond
 * ASCII in it, or else Latin-1.
 */
export function decodeXtext(xtext: string): string | undefined {
  if (!XTEXT.test(xtext)) return undefined;
  const octets = Uint8Array.from(xtext.match(/\+..|./g) ?? [], (one) =>
    one.length === 3 ? Number.parseInt(one.slice(1), 16) : one.charCodeAt(0),
  );
  const text = fromUtf8(octets);
  const readable = text.includes('\ufffd') ? fromLatin1(octets) : text;
  return /[\u0000-\u001f\u007f-\u009f]/.test(readable) ? undefined : readable;
}

/** The inverse of {@link decodeXtext}. */
export function encodeXtext(text: string): string {
  return Array.from(utf8(text), (octet) => {
    const isPlain = octet > 0x20 && octet < 0x7f && octet !== 0x2b && octet !== 0x3d;
    return isPlain ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
