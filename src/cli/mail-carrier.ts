import { UserError } from '../base/errors.ts';
import {
  MAX_CARRIED,
  MAX_CARRIED_MESSAGES,
  type MailImport,
  type MailImported,
  type MessageToStore,
} from '../port/mail-import.ts';
import type { ImportedMessage } from '../service/mail-store/import-mail.ts';
import type { ApiClient } from './client.ts';

/** Brings messages to a box that runs: several in a call, or one that is too long for a call in pieces. */
export class MailCarrier {
  readonly #api: ApiClient;
  readonly #path: string;
  #waiting: MessageToStore[] = [];
  #octets = 0;
  #stored = 0;

  constructor(api: ApiClient, user: string) {
    this.#api = api;
    this.#path = `/api/mail/mailboxes/${encodeURIComponent(user)}/messages`;
  }

  /** Messages that the box has stored. */
  get stored(): number {
    return this.#stored;
  }

  /** @throws UserError, RefusedError when the box takes no more */
  async carry(messages: AsyncIterable<ImportedMessage>): Promise<void> {
    for await (const message of messages) {
      const { length } = message.content;
      if (this.#octets + length > MAX_CARRIED || this.#waiting.length === MAX_CARRIED_MESSAGES)
        await this.#flush();
      if (length > MAX_CARRIED) await this.#carryInPieces(message);
      else {
        this.#waiting.push(messageOf(message, message.content));
        this.#octets += length;
      }
    }
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const messages = this.#waiting;
    [this.#waiting, this.#octets] = [[], 0];
    if (messages.length > 0) await this.#send({ messages });
  }

  async #carryInPieces(message: ImportedMessage): Promise<void> {
    const { content } = message;
    let upload: number | null = null;
    for (let start = 0; start < content.length; start += MAX_CARRIED) {
      const piece = messageOf(message, content.subarray(start, start + MAX_CARRIED));
      const isLast = start + MAX_CARRIED >= content.length;
      upload = await this.#send({ piece: { ...piece, upload, isLast } });
    }
  }

  async #send(mail: MailImport): Promise<number | null> {
    const { stored, upload, problem } = await this.#api.send<MailImported>('POST', this.#path, mail);
    this.#stored += stored;
    if (problem !== null) throw new UserError(problem);
    return upload;
  }
}

function messageOf({ received }: ImportedMessage, bytes: Uint8Array): MessageToStore {
  return { received: received ?? null, content: Buffer.from(bytes).toString('base64') };
}
