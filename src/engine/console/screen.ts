/** Control sequences that every terminal of the last forty years obeys (ECMA-48): no colours, no scroll regions. */
const CLEAR = '\u001b[0m\u001b[2J';
const HIDE_CURSOR = '\u001b[?25l';

/** Draws a screen over nothing known. */
export function paint(lines: readonly string[]): string {
  return HIDE_CURSOR + CLEAR + lines.map((line, at) => (line === '' ? '' : placed(line, at))).join('');
}

/** Draws what differs from the lines that are there; empty if nothing does. */
export function repaint(before: readonly string[], lines: readonly string[]): string {
  return lines.map((line, at) => (line === before[at] ? '' : placed(line, at))).join('');
}

/** The rest of the line is cleared first: behind a full line the cursor stands on its last character. */
function placed(line: string, at: number): string {
  return `\u001b[${at + 1};1H\u001b[K${line}`;
}
