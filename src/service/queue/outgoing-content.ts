import type { MailContent, MailPieces } from '../../port/mailbox.ts';
import { withoutReturnPath } from '../../wire/mail/return-path.ts';

/** A stored message as it may go to another host, see {@link withoutReturnPath}. A field that is longer than a piece was not put there by this host. */
export async function outgoingContent(content: MailContent): Promise<MailContent> {
  if (content instanceof Uint8Array) return withoutReturnPath(content);
  for await (const first of content) {
    const skipped = first.length - withoutReturnPath(first).length;
    return skipped === 0 ? content : new LaterPieces(content, skipped);
  }
  return content;
}

/** All but the first octets of a message. */
class LaterPieces implements MailPieces {
  readonly #whole: MailPieces;
  readonly #skipped: number;

  constructor(whole: MailPieces, skipped: number) {
    this.#whole = whole;
    this.#skipped = skipped;
  }

  get length(): number {
    return this.#whole.length - this.#skipped;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let left = this.#skipped;
    for await (const piece of this.#whole) {
      if (left < piece.length) yield piece.subarray(left);
      left = Math.max(0, left - piece.length);
    }
  }
}
