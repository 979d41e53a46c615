// C0 and C1 controls, DEL, the line and paragraph separators, and the marks that turn the writing direction around:
// with any of them a peer could forge or hide lines of a log or a terminal.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

function escapeOne(character: string): string {
  const code = character.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Foreign text made safe to print on one line: control characters, bidirectional marks and lone surrogates become `\x1b`
 * or `\u202e`, and what is longer than `limit` UTF-16 units is cut and ends in `…`. Applying it twice changes nothing.
 */
export function printable(text: string, limit: number): string {
  // Escapes only lengthen, so nothing past the limit can show: a huge text costs no more than a short one.
  const escaped = text.slice(0, limit + 1).replaceAll(UNPRINTABLE, escapeOne);
  if (escaped.length <= limit) return escaped;
  return `${escaped.slice(0, limit - 1).replace(/\p{Surrogate}$/u, '')}…`;
}
