import { concatBytes } from '../../base/bytes.ts';
import { type Duration, Minutes } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import { type Instant, Timestamp, after } from '../../base/instant.ts';
import type { MailImport, MailImported, MailList, MessageToStore } from '../../port/mail-import.ts';
import type { Clock } from '../../port/clock.ts';
import type { MailStore, StoredMessage } from '../../port/mailbox.ts';
import { toCrlf } from '../../wire/mail/line-ends.ts';
import { type ImportedMessage, MAX_IMPORTED_MESSAGE, importMail } from './import-mail.ts';

export interface MailboxDeskParts {
  readonly store: Pick<MailStore, 'deliver'>;
  /** The messages of a user, the oldest first. */
  readonly list: (user: string) => readonly StoredMessage[];
  readonly clock: Pick<Clock, 'now'>;
}

/** Messages that one answer lists. */
const PAGE = 1000;
/** A message whose next piece does not come within this may be given up for another. */
const PATIENCE: Duration = Minutes(1);

/** A message that comes in pieces. */
interface Upload {
  readonly number: number;
  readonly user: string;
  readonly received: number | null;
  readonly pieces: Uint8Array[];
  octets: number;
  givenUpAt: Instant;
}

/** What the owner does to mailboxes from outside: looks what is in them, and puts messages in. */
export class MailboxDesk {
  readonly #parts: MailboxDeskParts;
  /** One at a time: it may be as large as the largest message. */
  #upload: Upload | undefined;
  #lastUpload = 0;

  constructor(parts: MailboxDeskParts) {
    this.#parts = parts;
  }

  list(user: string, behind: string | undefined): MailList {
    const all = this.#parts.list(user);
    const start = behind === undefined ? 0 : all.findIndex(({ uid }) => uid === behind) + 1;
    const messages = all.slice(start, start + PAGE);
    return { messages, more: start + PAGE < all.length };
  }

  /** @throws UserError, KernelError */
  async import(user: string, mail: MailImport): Promise<MailImported> {
    if ('messages' in mail) return await this.#store(user, mail.messages.map(messageFrom));
    const { piece } = mail;
    const upload = this.#uploadFor(user, piece);
    const bytes = Buffer.from(piece.content, 'base64');
    if (upload.octets + bytes.length > MAX_IMPORTED_MESSAGE) {
      this.#upload = undefined;
      throw new UserError(`Cannot store a message of more than ${MAX_IMPORTED_MESSAGE} octets`);
    }
    upload.pieces.push(bytes);
    upload.octets += bytes.length;
    upload.givenUpAt = after(this.#parts.clock.now(), PATIENCE);
    if (!piece.isLast) return { stored: 0, upload: upload.number, problem: null };
    this.#upload = undefined;
    return await this.#store(user, [imported(upload.received, concatBytes(upload.pieces))]);
  }

  #uploadFor(user: string, { upload, received }: Extract<MailImport, { piece: unknown }>['piece']): Upload {
    const known = this.#upload;
    const now = this.#parts.clock.now();
    if (upload === null) {
      if (known !== undefined && now < known.givenUpAt)
        throw new UserError(
          'Cannot take a large message now: another one is being put in; try again in a minute',
        );
      const fresh = { user, received, pieces: [], octets: 0, givenUpAt: now };
      this.#upload = { number: ++this.#lastUpload, ...fresh };
      return this.#upload;
    }
    if (known?.number === upload && known.user === user) return known;
    throw new UserError('Cannot go on with a large message: it was given up as its next piece did not come');
  }

  async #store(user: string, messages: readonly ImportedMessage[]): Promise<MailImported> {
    const { imported: stored, problem = null } = await importMail(this.#parts.store, user, eachOf(messages));
    return { stored, upload: null, problem };
  }
}

function messageFrom({ received, content }: MessageToStore): ImportedMessage {
  return imported(received, Buffer.from(content, 'base64'));
}

function imported(received: number | null, content: Uint8Array): ImportedMessage {
  return { received: received === null ? undefined : Timestamp(received), content: toCrlf(content) };
}

async function* eachOf<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}
