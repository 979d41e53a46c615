import { InvariantError, KernelError, messageOf } from '../../base/errors.ts';
import type { MailIndex } from '../../engine/mail-store/mail-index.ts';
import type { IndexedMessage } from '../../engine/mail-store/message-table.ts';
import { type MailRecord, decodeMail, encodeMail } from '../../engine/mail-store/record.ts';
import type { AppliedRecord } from '../../io/journal/applied-record.ts';
import { Compactor } from '../../io/journal/compactor.ts';
import { DamagedRecordError } from '../../io/journal/damaged-record-error.ts';
import type { Journal, SegmentSummary } from '../../io/journal/journal.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import { type MailContent, StoreFullError } from '../../port/mailbox.ts';
import type { JournalRecord } from '../../wire/record/frame.ts';
import type { BlobFiles } from './blob-files.ts';
import type { Damage } from './damage.ts';

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'ENOBUFS'];

/** Records to be committed together. */
export interface Change {
  readonly records: readonly JournalRecord[];
  /** Messages that begin with this change and whose own files were written already. */
  readonly newBlobs?: readonly number[];
  /** Messages that may be needed by nobody after this change; given, if only empty, when records lose their worth by it. */
  readonly released?: readonly number[];
  /** For the error: `Cannot <what>`. */
  readonly what: string;
}

export interface MailLogParts {
  readonly files: Files;
  readonly journal: Journal;
  readonly index: MailIndex;
  readonly blobs: BlobFiles;
  readonly damage: Damage;
  readonly log: Log;
  /** Below this much free space only segments of which nothing is needed are removed: copying needs room first. */
  readonly compactionFloor: number;
  /** {@link MailLog.problem} has come or gone. */
  readonly onProblem: () => void;
}

/** What mailboxes and queue have in common: one journal, one index, large messages beside it, and the room given back behind them. */
export class MailLog {
  readonly #parts: MailLogParts;
  readonly #compactor: Compactor;
  /**
   * Blobs of messages that were refused after the blob was written. Whether the refused records are on the disk is not certain until something
   * later is, so the blobs stay until then.
   */
  readonly #refused = new Set<number>();
  #mayCopy = true;
  #problem: string | undefined;
  #background: Promise<void> = Promise.resolve();

  constructor(parts: MailLogParts) {
    const { journal, index, log } = parts;
    this.#parts = parts;
    this.#compactor = new Compactor({
      journal,
      pick: (segments) => this.#pick(segments),
      keep: (record) => this.#keep(record),
      onRemoved: (number) => index.segmentRemoved(number, journal.segments()),
      onFailure: (error) => log.warn(`The mail store is not compacted now: ${messageOf(error)}`),
    });
  }

  get index(): MailIndex {
    return this.#parts.index;
  }

  /** Why the last change could not be written, for the owner; undefined if it could. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** A number for a message or an entry that is never given again. */
  newId(): number {
    return this.#parts.journal.reserveSequence();
  }

  /** Resolves when the change is on stable storage. @throws StoreFullError, KernelError: nothing of it counts */
  async commit({ records, newBlobs = [], released, what }: Change): Promise<void> {
    const { journal, index } = this.#parts;
    const blobs = (released ?? []).filter((id) => index.find(id)?.blobChecksum !== undefined);
    const refused = [...this.#refused];
    try {
      await journal.append(records);
    } catch (error) {
      for (const id of newBlobs) this.#refused.add(id);
      this.failed(error);
      throw asStoreFull(error, what);
    }
    this.#tell(undefined);
    await this.#removeBlobs([...blobs.filter((id) => index.find(id) === undefined), ...refused]);
    if (released !== undefined) this.#compactSoon();
  }

  /** A change could not be written for this reason. Too much at a time is none of the storage. */
  failed(error: unknown): void {
    if (!(error instanceof KernelError) || error.errno === 'ENOBUFS') return;
    this.#tell(
      `The mail store cannot be written, so that no mail is taken, sent or deleted; what is stored can be fetched: ${error.message}`,
    );
  }

  /**
   * The bytes of a message that somebody needs; checksums are checked. A large one is read to its end for that before the first piece is handed out, as
   * nothing that was sent can be taken back; only `top` does without. @throws DamagedRecordError, KernelError
   */
  async read(id: number, part: 'whole' | 'top' = 'whole'): Promise<MailContent> {
    const { index, journal, log } = this.#parts;
    const message = index.find(id);
    if (message === undefined) throw new InvariantError(`Cannot read message ${id}: it was removed`);
    try {
      const { blobChecksum, place } = message;
      if (blobChecksum !== undefined) return await this.#readBlob(message, blobChecksum, part);
      if (place === undefined) throw damaged(message);
      const { payload } = await journal.read(place);
      return payload;
    } catch (error) {
      // One that was removed meanwhile is missed by nobody.
      if (index.find(id) !== undefined) log.error(`A message cannot be read: ${messageOf(error)}`);
      throw error;
    }
  }

  /** A record with everything that is in its header. @throws DamagedRecordError, KernelError */
  async readRecord(type: number, place: Parameters<Journal['read']>[0]): Promise<MailRecord> {
    const { header } = await this.#parts.journal.read(place);
    return decodeMail(type, header);
  }

  /** Gives the room of removed messages back where it is worth it; happens by itself after removals. */
  async compact(): Promise<void> {
    const { files, compactionFloor } = this.#parts;
    this.#mayCopy = (await files.freeSpace()) >= compactionFloor;
    await this.#compactor.run();
  }

  /** Waits for what is under way and lets go of the files. */
  async close(): Promise<void> {
    await this.#background;
    await this.#compactor.close();
    await this.#parts.journal.close();
  }

  async #readBlob(message: IndexedMessage, checksum: number, part: 'whole' | 'top'): Promise<MailContent> {
    const { blobs, damage, index } = this.#parts;
    const { id, size: length } = message;
    const isGood =
      part === 'top' ? !damage.blobs.includes(id) : await blobs.isIntact(id, { length, checksum });
    if (isGood) return blobs.pieces(id, { length, checksum, damaged: () => damaged(message) });
    if (index.find(id) !== undefined) damage.addBlob(id);
    throw damaged(message);
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#parts.onProblem();
  }

  #compactSoon(): void {
    this.#background = this.compact().catch((error: unknown) => {
      if (error instanceof InvariantError) throw error;
      this.#parts.log.warn(`The mail store is not compacted now: ${messageOf(error)}`);
    });
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
    const record = readableRecord(type, header);
    if (record === undefined) return { type, header, payload };
    const kept = index.keep(record, position, journal.segments());
    return kept === undefined ? undefined : { ...encodeMail(kept), payload };
  }
}

/** Undefined for a record of a kind that this version does not know; it is carried along. */
export function readableRecord(type: number, header: Uint8Array): MailRecord | undefined {
  try {
    return decodeMail(type, header);
  } catch {
    return undefined;
  }
}

/** What a reader of a message gets whose bytes are not what was stored. */
export function damaged({ uid }: IndexedMessage): DamagedRecordError {
  return new DamagedRecordError(`Cannot read message ${uid}: it is missing or damaged on the storage`);
}

/** A full disk by the name that callers know it by; any other error as it is. */
export function asStoreFull(error: unknown, what: string): unknown {
  if (!(error instanceof KernelError) || !NO_ROOM.includes(error.errno)) return error;
  return new StoreFullError(`Cannot ${what}: ${error.message}`);
}
