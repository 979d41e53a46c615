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
