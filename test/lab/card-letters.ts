/** So small that seconds of writing fill segments, make files of their own and compact. */
export const CARD_LIMITS = {
  segmentSize: 64 * 1024,
  inlineMessage: 6000,
  deliveryFloor: 0,
  compactionFloor: 0,
};

/** A letter whose text follows from its number; every ninth has a file of its own. */
export function letterOf(number: number): string {
  const octets = number % 9 === 0 ? 9000 : 40 + ((number * 397) % 3000);
  return `Subject: letter-${number}\r\n\r\n${String.fromCodePoint(97 + (number % 26)).repeat(octets)}\r\n`;
}

/** The name of a letter, found in its text. */
export function idOf(text: string): string {
  return /^Subject: (\S+)\r\n/.exec(text)?.[1] ?? 'unknown';
}
