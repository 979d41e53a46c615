import { latin1 } from '../../base/text.ts';

const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/;

/** The text that an xtext stands for (RFC 3461 §4); undefined if it is none, or hides control characters. */
export function decodeXtext(xtext: string): string | undefined {
  if (!XTEXT.test(xtext)) return undefined;
  const text = xtext.replaceAll(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? undefined : text;
}

/** The inverse of {@link decodeXtext}; characters above U+00FF become `?`. */
export function encodeXtext(text: string): string {
  return Array.from(latin1(text), (octet) => {
    const isPlain = octet > 0x20 && octet < 0x7f && octet !== 0x2b && octet !== 0x3d;
    return isPlain ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
