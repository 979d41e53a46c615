import { utf8 } from '../../base/text.ts';

/** A reply to an SMTP command: the code of RFC 5321 §4.2 and the enhanced one of RFC 3463. */
export interface SmtpReply {
  readonly code: number;
  /** `5.1.1` */
  readonly enhanced: string;
  /** One sentence; control characters do not survive the way to the client. */
  readonly text: string;
}

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /;

/** Whether the text of a reply says its enhanced code itself. */
export function hasEnhancedCode(text: string): boolean {
  return ENHANCED.test(text);
}

/** The text behind the code: `5.1.1 No such user`. */
export function replyText(reply: SmtpReply): string {
  return `${reply.enhanced} ${reply.text}`;
}

/** What of a reply line of 512 octets (RFC 5321 §4.5.3.1.5) is left beside its codes and its end. */
const LONGEST_TEXT = 490;

/**
 * The text of a reply as it may be said: in ASCII unless the client has announced SMTPUTF8 (RFC 6531 §3.7.4.2), and no longer than a line may be, whatever it
 * quotes of the client.
 */
export function sayableText(text: string, isUtf8: boolean): string {
  // A UTF-16 unit is three octets of UTF-8 at most.
  if (isUtf8) return text.length <= LONGEST_TEXT / 3 ? text : cutUtf8(text);
  return text.slice(0, LONGEST_TEXT).replaceAll(/[\u0080-\uffff]/g, '?');
}

function cutUtf8(text: string): string {
  let cut = text.slice(0, LONGEST_TEXT);
  while (utf8(cut).length > LONGEST_TEXT) cut = cut.slice(0, -1);
  return cut;
}
