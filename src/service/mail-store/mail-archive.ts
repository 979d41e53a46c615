import { KernelError, UserError } from '../../base/errors.ts';
import { MailIndex } from '../../engine/mail-store/mail-index.ts';
import type { IndexedMessage } from '../../engine/mail-store/message-table.ts';
import { JournalSnapshot } from '../../io/journal/journal-snapshot.ts';
import type { Files } from '../../port/files.ts';
import type { DamagedMessage, MailDamage, MailboxSummary } from '../../port/mailbox.ts';
import { BlobFiles } from './blob-files.ts';
import { Damage, damagedMessage } from './damage.ts';
import { damaged, readableRecord } from './mail-log.ts';

/** A writer that compacts faster than this many openings in a row is not met in practice. */
const OPENINGS = 20;

export interface ArchiveOptions {
  /** The data directory, or a backup of it; the store is `mail/` in it. */
  readonly files: Files;
  /** Reads and checks every byte of the journal. */
  readonly isThorough?: boolean;
}

/** One look at the store. */
interface View {
  readonly index: MailIndex;
  readonly damage: Damage;
  readonly journal: JournalSnapshot;
  readonly records: number;
}

/**
 * A mail store that is only read: of a box that runs, of one that does not, or a backup. What the box stores or removes meanwhile may or may not
 * be seen; what is seen is whole.
 */
export class MailArchive {
  readonly #options: ArchiveOptions;
  readonly #blobs: BlobFiles;
  #view: View;

  private constructor(options: ArchiveOptions, view: View) {
    this.#options = options;
    this.#blobs = new BlobFiles(options.files);
    this.#view = view;
  }

  /** @throws KernelError, UserError if there is no mail store */
  static async open(options: ArchiveOptions): Promise<MailArchive> {
    return new MailArchive(options, await openView(options));
  }

  /** Records in the journal, those included that others have ended. */
  get records(): number {
    return this.#view.records;
  }

  get segments(): readonly { readonly number: number; readonly path: string; readonly size: number }[] {
    return this.#view.journal.segments;
  }

  /** Entries of the queue. */
  get queued(): number {
    return this.#view.index.entries().length;
  }

  /** Messages, each counted once however many have it. */
  get messageCount(): number {
    return this.#view.index.size;
  }

  mailboxes(): readonly MailboxSummary[] {
    return this.#view.index.summaries();
  }

  /** The messages of a user, the oldest first. */
  messages(user: string): readonly IndexedMessage[] {
    return this.#view.index.messages(user);
  }

  /** Messages with a file of their own. */
  blobs(): readonly IndexedMessage[] {
    return this.#view.index.blobs();
  }

  /** Messages whose own record is lost. */
  lost(): readonly DamagedMessage[] {
    const { index } = this.#view;
    return index.lost().map((message) => damagedMessage(message, index));
  }

  /** Damage found so far. */
  damage(): readonly MailDamage[] {
    return this.#view.damage.list();
  }

  /** The bytes of a message, wherever they are by now; undefined if it was removed meanwhile. @throws DamagedRecordError, KernelError */
  async read(id: number): Promise<Uint8Array | undefined> {
    for (let opening = 0; ; opening++) {
      const message = this.#view.index.find(id);
      if (message === undefined) return undefined;
      try {
        return await this.#readNow(message);
      } catch (error) {
        if (!isGone(error) || opening === OPENINGS) throw error;
        await this.#look();
      }
    }
  }

  close(): void {
    this.#view.journal.close();
  }

  async #readNow(message: IndexedMessage): Promise<Uint8Array | undefined> {
    const { id, blobChecksum, place } = message;
    if (blobChecksum === undefined) {
      if (place === undefined) throw damaged(message);
      const { payload } = await this.#view.journal.read(place);
      return payload;
    }
    const content = await this.#blobs.read(id, blobChecksum);
    if (content !== undefined) return content;
    if (!(await this.#isStillThere(id))) return undefined;
    this.#view.damage.addBlob(id);
    throw damaged(message);
  }

  /** Whether somebody has a message now: a file that is missing may have gone with it. */
  async #isStillThere(id: number): Promise<boolean> {
    const { index, journal } = await openView({ files: this.#options.files });
    journal.close();
    return index.find(id) !== undefined;
  }

  /** Looks again: segments were removed meanwhile, and what they held is elsewhere. */
  async #look(): Promise<void> {
    const { journal, damage } = this.#view;
    journal.close();
    this.#view = await openView(this.#options);
    for (const id of damage.blobs) this.#view.damage.addBlob(id);
  }
}

async function openView(options: ArchiveOptions): Promise<View> {
  if ((await options.files.list('mail')).length === 0) {
    throw new UserError(
      'Cannot read the mail store: there is none in this directory; wanted is the data directory of a box, or a backup of its mail',
    );
  }
  for (let opening = 1; ; opening++) {
    try {
      return await openOnce(options);
    } catch (error) {
      if (!isGone(error) || opening === OPENINGS) throw error;
    }
  }
}

async function openOnce(options: ArchiveOptions): Promise<View> {
  const index = new MailIndex();
  const damage = new Damage({ index, onFound: () => {} });
  let records = 0;
  const journal = await JournalSnapshot.open({
    ...options,
    directory: 'mail',
    prefix: 'segment',
    apply: ({ type, header, position }) => {
      records += 1;
      const record = readableRecord(type, header);
      if (record !== undefined) index.apply(record, position);
    },
    onDamage: (place) => damage.addPlace(place),
  });
  index.replayed();
  return { index, damage, journal, records };
}

function isGone(error: unknown): boolean {
  return error instanceof KernelError && error.errno === 'ENOENT';
}
