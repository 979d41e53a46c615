import { printable } from '../../base/printable.ts';
import type { SmtpReply } from './reply.ts';

/** Characters kept of what a host says; a reply may have any number of lines. */
export const MAX_REPLY_TEXT = 500;

const LINE = /^\d{3}[ -]?(?:([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|$))?/;

/** RFC 3463 knows no class 3: an answer of that kind where the last one is due is an error of the protocol (section 3.6). */
const OUT_OF_TURN = '4.5.0';

/**
 * What a host answered, as one value: the lines of a reply (RFC 5321 section 4.2.1) joined by spaces, without codes, bounded and
 * printable. A reply without an enhanced code, or with one of another class than its own, gets `X.0.0` (RFC 3463 section 3.1).
 * Undefined if it does not begin with a code.
 */
export function parsePeerReply(text: string): SmtpReply | undefined {
  const lines = text.slice(0, 4 * MAX_REPLY_TEXT).split(/\r?\n/);
  const code = Number(/^[2-5]\d\d(?![^ -])/.exec(text)?.[0]);
  if (Number.isNaN(code)) return undefined;
  const said = lines.map((line) => LINE.exec(line)?.[1]).find((one) => one !== undefined);
  const kind = String(code).charAt(0);
  const words = lines
    .map((line) => line.replace(LINE, '').trim())
    .filter((line) => line !== '')
    .join(' ');
  return {
    code,
    enhanced: kind === '3' ? OUT_OF_TURN : said?.startsWith(kind) === true ? said : `${kind}.0.0`,
    text: printable(words, MAX_REPLY_TEXT),
  };
}
