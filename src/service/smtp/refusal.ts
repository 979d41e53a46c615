import { type SmtpReply, replyText } from '../../wire/smtp/reply.ts';

/** Thrown by a hook to answer a command with a reply; smtp-server reads `responseCode` and `message`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly responseCode: number;

  constructor(reply: SmtpReply) {
    super(replyText(reply));
    this.responseCode = reply.code;
  }
}
