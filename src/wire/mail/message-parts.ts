const CR = 13;
const LF = 10;

/** The header fields with their line ends, without the empty line behind them. Lines end with CRLF; without an empty line all of it is header. */
export function headerOf(message: Uint8Array): Uint8Array {
  for (let at = 0; at < message.length;) {
    if (message[at] === CR && message[at + 1] === LF) return message.subarray(0, at);
    const lf = message.indexOf(LF, at);
    if (lf < 0) break;
    at = lf + 1;
  }
  return message;
}

/** Whether it has an octet beyond ASCII. */
export function isEightBit(bytes: Uint8Array): boolean {
  for (const octet of bytes) if (octet > 127) return true;
  return false;
}
