import type { IndexedMessage } from '../../engine/mail-store/message-table.ts';
import type { MailIndex } from '../../engine/mail-store/mail-index.ts';
import { type JournalDamage, segmentNumber } from '../../io/journal/segment.ts';
import type { DamagedMessage, MailDamage } from '../../port/mailbox.ts';
import { blobPath } from './blob-files.ts';

/** Damaged places remembered; what is found beyond it is logged only. */
const MAX_PLACES = 1000;

export interface DamageOptions {
  readonly index: MailIndex;
  /** A place was found that was not known before; the sentence is for the log. */
  onFound(sentence: string): void;
}

/** What is known to be damaged. The bytes stay where they are, for the owner to look at; whoever reads the message gets an error. */
export class Damage {
  readonly #options: DamageOptions;
  readonly #places = new Map<string, JournalDamage>();
  /** Messages whose own files are damaged. */
  readonly #blobs = new Set<number>();

  constructor(options: DamageOptions) {
    this.#options = options;
  }

  /** Numbers of the damaged blobs. */
  get blobs(): readonly number[] {
    return [...this.#blobs];
  }

  addPlace(damage: JournalDamage): void {
    const key = `${damage.path} ${damage.offset}`;
    if (this.#places.has(key)) return;
    const { path, offset, length } = damage;
    if (this.#places.size < MAX_PLACES) this.#places.set(key, damage);
    this.#options.onFound(
      `The mail store is damaged: ${length} bytes of ${path} from ${offset}; other messages are kept`,
    );
  }

  addBlob(id: number): void {
    if (this.#blobs.has(id)) return;
    if (this.#blobs.size < MAX_PLACES) this.#blobs.add(id);
    this.#options.onFound(`The mail store is damaged: ${blobPath(id)} is missing or not what was written`);
  }

  /** All that is still there: a damaged blob goes with its message. */
  list(): MailDamage[] {
    const { index } = this.#options;
    const places = [...this.#places.values()].map(({ path, offset, length }) => {
      const segment = segmentNumber('segment', path.slice(path.lastIndexOf('/') + 1)) ?? 0;
      return {
        path,
        offset,
        length,
        messages: this.#describe(index.messagesIn({ segment, offset, length })),
      };
    });
    const blobs = this.blobs.flatMap((id) => {
      const message = index.find(id);
      if (message === undefined) this.#blobs.delete(id);
      return message === undefined
        ? []
        : [{ path: blobPath(id), offset: 0, length: 0, messages: this.#describe([message]) }];
    });
    return [...places, ...blobs];
  }

  /** Messages whose own record is lost; where it was is not known any more. */
  lost(): MailDamage[] {
    const messages = this.#describe(this.#options.index.lost());
    return messages.length === 0 ? [] : [{ path: 'mail', offset: 0, length: 0, messages }];
  }

  /** For the owner; undefined if nothing is damaged. */
  sentence(): string | undefined {
    const damage = this.list();
    const all = [...damage, ...this.lost()];
    if (all.length === 0) return undefined;
    const messages = new Set(all.flatMap((one) => one.messages.map(({ uid }) => uid))).size;
    const places = damage.length === 0 ? '' : ` in ${count(damage.length, 'place')}`;
    const loss =
      messages === 0
        ? 'messages may be missing of which nothing is known any more'
        : `${count(messages, 'message')} in it cannot be read`;
    return `The mail store is damaged${places}: ${loss}, all others are kept; "gatepost mail verify" lists them`;
  }

  #describe(messages: readonly IndexedMessage[]): DamagedMessage[] {
    return messages.map((message) => damagedMessage(message, this.#options.index));
  }
}

/** What is known of a message that cannot be read. */
export function damagedMessage(
  { id, uid, size, received }: IndexedMessage,
  index: MailIndex,
): DamagedMessage {
  return { uid, size, received, users: index.holders(id) };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
