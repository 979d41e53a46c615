import { concatBytes } from '../../base/bytes.ts';
import { type Duration, Minutes } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import { Timestamp, after } from '../../base/instant.ts';
import { idOfUid } from '../../engine/mail-store/listed-message.ts';
import type { MailImport, MailImported, MailList, MessageToStore } from '../../port/mail-import.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { MailStore, StoredMessage } from '../../port/mailbox.ts';
import { toCrlf } from '../../wire/mail/line-ends.ts';
import { type ImportedMessage, MAX_IMPORTED_MESSAGE, importMail } from './import-mail.ts';

export interface MailboxDeskParts {
  readonly store: Pick<MailStore, 'deliver'>;
  /** The messages of a user, the oldest first. */
  readonly list: (user: string) => readonly StoredMessage[];
  readonly clock: Pick<Clock, 'now' | 'wake'>;
}

/** Messages that one answer lists. */
const PAGE = 1000;
/** A message whose next piece does not come within this is given up. */
const PATIENCE: Duration = Minutes(1);

/** A message that comes in pieces. */
interface Upload {
  readonly number: number;
  readonly user: string;
  readonly received: number | null;
  readonly pieces: Uint8Array[];
  octets: number;
  giveUp: Cancel | undefined;
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
    const start = behind === undefined ? 0 : placeBehind(all, behind);
    const messages = all.slice(start, start + PAGE);
    return { messages, more: start + PAGE < all.length };
  }

  /** @throws UserError, KernelError */
  async import(user: string, mail: MailImport): Promise<MailImported> {
    if ('messages' in mail) return await this.#store(user, mail.messages.map(messageFrom));
    const { piece } = mail;
    const upload = this.#uploadFor(user, piece);
    upload.giveUp?.cancel();
    const bytes = Buffer.from(piece.content, 'base64');
    const isOver = upload.octets + bytes.length > MAX_IMPORTED_MESSAGE;
    if (isOver || piece.isLast) this.#upload = undefined;
    if (isOver) throw new UserError(`Cannot store a message of more than ${MAX_IMPORTED_MESSAGE} octets`);
    // A piece without octets would be kept for nothing, as many as come.
    if (bytes.length > 0) upload.pieces.push(bytes);
    upload.octets += bytes.length;
    if (!piece.isLast) {
      this.#waitFor(upload);
      return { stored: 0, upload: upload.number, problem: null };
    }
    return await this.#store(user, [imported(upload.received, concatBytes(upload.pieces))]);
  }

  #uploadFor(user: string, { upload, received }: Extract<MailImport, { piece: unknown }>['piece']): Upload {
    const known = this.#upload;
    if (upload === null) {
      if (known !== undefined)
        throw new UserError(
          'Cannot take a large message now: another one is being put in; try again in a minute',
        );
      const fresh = { user, received, pieces: [], octets: 0, giveUp: undefined };
      this.#upload = { number: ++this.#lastUpload, ...fresh };
      return this.#upload;
    }
    if (known?.number === upload && known.user === user) return known;
    throw new UserError('Cannot go on with a large message: it was given up as its next piece did not come');
  }

  /** What was sent of it is not kept for longer: it may be as large as all else this process holds. */
  #waitFor(upload: Upload): void {
    const { clock } = this.#parts;
    upload.giveUp = clock.wake(after(clock.now(), PATIENCE), () => {
      if (this.#upload === upload) this.#upload = undefined;
    });
  }

  async #store(user: string, messages: readonly ImportedMessage[]): Promise<MailImported> {
    const { imported: stored, problem = null } = await importMail(this.#parts.store, user, eachOf(messages));
    return { stored, upload: null, problem };
  }
}

/** Where the list goes on behind a message, also if that has just been removed. */
function placeBehind(messages: readonly StoredMessage[], uid: string): number {
  const id = idOfUid(uid);
  const place = messages.findIndex((one) => idOfUid(one.uid) > id);
  return place < 0 ? messages.length : place;
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
