const LF = 10;
/** Octets of a line that are looked at one by one: a call of the engine's search, quick over long lines, costs as much as these. */
const SHORT = 24;

/** Where the line behind the one with the octet `at` begins: the length of the message behind its last one. */
export function nextLineStart(message: Uint8Array, at: number): number {
  const near = Math.min(message.length, at + SHORT);
  for (let octet = at; octet < near; octet++) if (message[octet] === LF) return octet + 1;
  const lf = message.indexOf(LF, near);
  return lf < 0 ? message.length : lf + 1;
}
