import { isBlank } from './field-name.ts';
import { nextLineStart } from './line-start.ts';

const COLON = 58;
/** A line is no longer (RFC 5322 §2.1.1), so neither is a name. */
const LONGEST_NAME = 998;

/**
 * Whether the header of a message goes on behind its first so many octets. It ends at the empty line, or at the first line that neither begins a field nor continues
 * one (RFC 5322 §2.2): text that was sent without any header, as devices do, may be as long as it likes. A field of which there is a part behind them counts.
 */
export function isHeaderLonger(message: Uint8Array, octets: number): boolean {
  if (message.length <= octets) return false;
  let at = 0;
  while (at <= octets) {
    if (!isHeaderLine(message, at)) return false;
    at = nextLineStart(message, at);
  }
  return true;
}

function isHeaderLine(message: Uint8Array, start: number): boolean {
  if (isBlank(message[start])) return start > 0;
  let at = start;
  while (isNameOctet(message[at]) && at - start <= LONGEST_NAME) at++;
  if (at === start) return false;
  while (isBlank(message[at])) at++;
  return message[at] === COLON;
}

/** RFC 5322 §3.6.8: printable ASCII but the colon. */
function isNameOctet(octet: number | undefined): boolean {
  return octet !== undefined && octet > 32 && octet < 127 && octet !== COLON;
}
