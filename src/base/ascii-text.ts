const BEYOND_ASCII = /[^\u0000-\u007f]/gu;

function spelled(character: string): string {
  if (character === '…') return '...';
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
}

/** Text for a place that takes ASCII only: other characters are spelled `\x{20AC}` (RFC 6533 section 3), and what is longer than `limit` then is cut and ends in `...`. */
export function asciiText(text: string, limit: number): string {
  const spelledOut = text.slice(0, limit + 1).replaceAll(BEYOND_ASCII, spelled);
  return spelledOut.length <= limit ? spelledOut : `${spelledOut.slice(0, limit - 3)}...`;
}
