import { InvariantError, KernelError, messageOf } from '../../base/errors.ts';
import { Timestamp } from '../../base/instant.ts';
import { type IndexedMessage, MailIndex } from '../../engine/mail-store/mail-index.ts';
import {
  type MailRecord,
  decodeMail,
  deliverRecords,
  encodeMail,
  removeRecords,
} from '../../engine/mail-store/record.ts';
import type { AppliedRecord } from '../../io/journal/applied-record.ts';
import { Compactor } from '../../io/journal/compactor.ts';
import { DamagedRecordError } from '../../io/journal/damaged-record-error.ts';
import {
  DEFAULT_SEGMENT_SIZE,
  type Journal,
  type SegmentSummary,
  openJournal,
} from '../../io/journal/journal.ts';
import type { Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import {
  type Envelope,
  type Maildrop,
  type MailStore,
  type MailboxSummary,
  StoreFullError,
} from '../../port/mailbox.ts';
import type { Random } from '../../port/random.ts';
import type { JournalRecord } from '../../wire/record/frame.ts';
import { BlobFiles } from './blob-files.ts';
import { FreeSpace } from './free-space.ts';
import { LockedMaildrop } from './maildrop.ts';

export interface MailStoreLimits {
  readonly segmentSize: number;
  /** A longer message gets a file of its own. */
  readonly inlineMessage: number;
  /** Below this much free space no message is taken: room for removals, compaction and the rest of the box. */
  readonly deliveryFloor: number;
  /** Below this much free space only segments of which nothing is needed are removed: copying needs room first. */
  readonly compactionFloor: number;
}

export const DEFAULT_MAIL_LIMITS: MailStoreLimits = {
  segmentSize: DEFAULT_SEGMENT_SIZE,
  inlineMessage: 1024 * 1024,
  deliveryFloor: 4 * DEFAULT_SEGMENT_SIZE,
  compactionFloor: DEFAULT_SEGMENT_SIZE,
};

export interface MailStoreOptions {
  /** The data directory; the store is `mail/` in it. */
  readonly files: Files;
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<MailStoreLimits>;
}

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'ENOBUFS'];

/** Opens the mail store and rebuilds its index. @throws KernelError, UserError */
export async function openMailStore(options: MailStoreOptions): Promise<JournaledMailStore> {
  const { files, log } = options;
  const limits = { ...DEFAULT_MAIL_LIMITS, ...options.limits };
  const index = new MailIndex();
  const blobs = new BlobFiles(files);
  let isDamaged = false;
  const journal = await openJournal({
    ...options,
    directory: 'mail',
    prefix: 'segment',
    segmentSize: limits.segmentSize,
    apply: ({ type, header, position }) => {
      const record = readable(type, header);
      if (record !== undefined) index.apply(record, position);
      else log.warn(`A record of type ${type} in the mail store is not understood and left out`);
    },
    onDamage: ({ path, offset, length }) => {
      isDamaged = true;
      log.error(
        `The mail store is damaged: ${length} bytes of ${path} from ${offset}; other messages are kept`,
      );
    },
  });
  await blobs.prepare();
  const highest = await sweepBlobs(blobs, index, isDamaged);
  journal.reserveSequence(highest);
  return new JournaledMailStore({ ...options, limits, index, blobs, journal });
}

/** Removes blobs that no message needs, except after damage, when the record that needs one may be what is lost. @returns the highest number of all */
async function sweepBlobs(blobs: BlobFiles, index: MailIndex, isDamaged: boolean): Promise<number> {
  let highest = 0;
  for (const id of await blobs.list()) {
    highest = Math.max(highest, id);
    if (!isDamaged && index.find(id) === undefined) await blobs.remove(id);
  }
  return highest;
}

/** Undefined for a record of a kind that this version does not know; it is carried along. */
function readable(type: number, header: Uint8Array): MailRecord | undefined {
  try {
    return decodeMail(type, header);
  } catch {
    return undefined;
  }
}

interface Parts extends MailStoreOptions {
  readonly limits: MailStoreLimits;
  readonly index: MailIndex;
  readonly blobs: BlobFiles;
  readonly journal: Journal;
}

/** The post office's storage: every message once, in one append-only log for all mailboxes. */
export class JournaledMailStore implements MailStore {
  readonly #parts: Parts;
  readonly #space: FreeSpace;
  readonly #compactor: Compactor;
  readonly #locked = new Set<string>();
  /**
   * Blobs of messages that were refused after the blob was written. Whether the refused records are on the disk is not certain until something
   * later is, so the blobs stay until then.
   */
  readonly #refused = new Set<number>();
  #mayCopy = true;
  #background: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    const { journal, index, limits, files, log } = parts;
    this.#parts = parts;
    this.#space = new FreeSpace(files, limits.deliveryFloor);
    this.#compactor = new Compactor({
      journal,
      pick: (segments) => this.#pick(segments),
      keep: (record) => this.#keep(record),
      onRemoved: (number) => index.segmentRemoved(number, journal.segments()[0]?.number ?? number),
      onFailure: (error) => log.warn(`The mail store is not compacted now: ${messageOf(error)}`),
    });
  }

  async deliver(envelope: Envelope, message: Uint8Array): Promise<void> {
    const { journal, clock, limits } = this.#parts;
    const users = [...new Set(envelope.users)];
    if (users.length === 0) throw new InvariantError('Cannot store a message without recipients');
    await this.#space.claim(message.length);
    const [id, size] = [journal.reserveSequence(), message.length];
    const received = Timestamp(Math.max(0, Math.floor(clock.wallTime())));
    const deliveries = deliverRecords({ kind: 'deliver', id, size, received, users }).map(encodeMail);
    const refused = [...this.#refused];
    const blobChecksum = size > limits.inlineMessage ? await this.#writeBlob(id, message) : undefined;
    const payload = blobChecksum === undefined ? message : undefined;
    try {
      const content = encodeMail({ kind: 'message', id, size, blobChecksum });
      await journal.append([{ ...content, payload }, ...deliveries]);
    } catch (error) {
      if (blobChecksum !== undefined) this.#refused.add(id);
      throw asStoreFull(error, `store a message of ${size} bytes`);
    }
    await this.#removeBlobs(refused);
  }

  open(user: string): Promise<Maildrop | undefined> {
    if (this.#locked.has(user)) return Promise.resolve(undefined);
    this.#locked.add(user);
    return Promise.resolve(
      new LockedMaildrop(this.#parts.index.messages(user), {
        read: (id) => this.#read(id),
        remove: (ids) => this.#remove(user, ids),
        unlock: () => void this.#locked.delete(user),
      }),
    );
  }

  summaries(): readonly MailboxSummary[] {
    return this.#parts.index.summaries();
  }

  /** Gives the room of removed messages back where it is worth it; happens by itself after removals. */
  async compact(): Promise<void> {
    const { files, limits } = this.#parts;
    this.#mayCopy = (await files.freeSpace()) >= limits.compactionFloor;
    await this.#compactor.run();
  }

  /** Waits for what is under way and lets go of the files. */
  async close(): Promise<void> {
    await this.#background;
    await this.#compactor.run();
    await this.#parts.journal.close();
  }

  async #writeBlob(id: number, message: Uint8Array): Promise<number> {
    try {
      return await this.#parts.blobs.write(id, message);
    } catch (error) {
      throw asStoreFull(error, `store a message of ${message.length} bytes`);
    }
  }

  async #read(id: number): Promise<Uint8Array> {
    const { index, journal, log } = this.#parts;
    const message = index.find(id);
    if (message === undefined) throw new InvariantError(`Cannot read message ${id}: it was removed`);
    try {
      const { blobChecksum } = message;
      if (blobChecksum !== undefined) return await this.#readBlob(message, blobChecksum);
      if (message.place === undefined) throw damaged(message);
      const { payload } = await journal.read(message.place);
      return payload;
    } catch (error) {
      log.error(`A message cannot be read: ${messageOf(error)}`);
      throw error;
    }
  }

  async #readBlob(message: IndexedMessage, checksum: number): Promise<Uint8Array> {
    const content = await this.#parts.blobs.read(message.id, checksum);
    if (content === undefined) throw damaged(message);
    return content;
  }

  async #remove(user: string, ids: readonly number[]): Promise<void> {
    const { journal, index } = this.#parts;
    const blobs = ids.filter((id) => index.find(id)?.blobChecksum !== undefined);
    const refused = [...this.#refused];
    try {
      await journal.append(removeRecords(user, ids).map(encodeMail));
    } catch (error) {
      throw asStoreFull(error, `remove ${ids.length} messages`);
    }
    await this.#removeBlobs([...blobs.filter((id) => index.find(id) === undefined), ...refused]);
    this.#background = this.compact().catch((error: unknown) =>
      this.#parts.log.warn(`The mail store is not compacted now: ${messageOf(error)}`),
    );
  }

  /** A blob that cannot be removed now goes at the next start. */
  async #removeBlobs(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      this.#refused.delete(id);
      await this.#parts.blobs.remove(id).catch(() => {});
    }
  }

  #pick(segments: readonly SegmentSummary[]): number | undefined {
    const { shares } = this.#parts.index;
    if (this.#mayCopy) return shares.pick(segments);
    return segments.find((one) => one.isCompactable && shares.live(one.number) === 0)?.number;
  }

  #keep({ type, header, payload, position }: AppliedRecord): JournalRecord | undefined {
    const { index, journal } = this.#parts;
    const record = readable(type, header);
    if (record === undefined) return { type, header, payload };
    const kept = index.keep(record, position, journal.segments());
    return kept === undefined ? undefined : { ...encodeMail(kept), payload };
  }
}

function damaged({ uid }: IndexedMessage): DamagedRecordError {
  return new DamagedRecordError(`Cannot read message ${uid}: it is missing or damaged on the storage`);
}

function asStoreFull(error: unknown, what: string): unknown {
  if (!(error instanceof KernelError) || !NO_ROOM.includes(error.errno)) return error;
  return new StoreFullError(`Cannot ${what}: ${error.message}`);
}
