// oxlint-disable no-underscore-dangle -- the base class spells its parts so
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { hasEnhancedCode } from '../../wire/smtp/reply.ts';

type Send = Parameters<SMTPConnection['send']>;

/**
 * smtp-server's connection with the three things its options cannot say. It leans on undocumented parts (`send`,
 * `_dataStream`, `_handlerPending`): the version is pinned, and a test fails when they move.
 */
export class Connection extends SMTPConnection {
  /** Counts a refusal; true when it was one too many. */
  onRefusal: (address: string) => boolean = () => false;

  override send(code: Send[0], data?: Send[1], context?: Send[2]): void {
    // Only EHLO sends a list. Offered before TLS, AUTH would have clients send the password readable (RFC 8314 §3.3).
    if (Array.isArray(data) && !this.secure) {
      super.send(
        code,
        data.filter((line) => !line.startsWith('AUTH ')),
        context,
      );
      return;
    }
    // The table of enhanced codes is by reply code only; our replies say theirs themselves.
    const says = typeof data === 'string' && hasEnhancedCode(data);
    super.send(code, data, says ? false : context);
    if (code >= 500 && !this._closing && this.onRefusal(this.remoteAddress)) {
      super.send(421, '4.7.0 Too many errors, come back later', false);
    }
  }

  /** Says goodbye if nothing is under way: no message is coming in or being stored. */
  stop(): void {
    const isReceiving = this._dataStream !== false && this._dataStream !== null;
    if (!isReceiving && !this._handlerPending) this.send(421, '4.3.2 The server is shutting down');
  }
}
