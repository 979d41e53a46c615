import type { Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Random } from '../../port/random.ts';
import { InvariantError, KernelError } from '../../base/errors.ts';
import { batchLength, encodeBatch } from '../../wire/record/batch.ts';
import { type JournalRecord, frameLength } from '../../wire/record/frame.ts';
import type { AppliedRecord } from './applied-record.ts';
import { compactSegment } from './compact.ts';
import { DamagedRecordError } from './damaged-record-error.ts';
import { Gathering } from './gathering.ts';
import { Head } from './head.ts';
import { SegmentReaders } from './readers.ts';
import { type RecordContent, readRecord } from './read-record.ts';
import { readSegment } from './read-segment.ts';
import { recover } from './recover.ts';
import { SegmentIndexer } from './segment-indexer.ts';
import type { JournalDamage, RecordPosition, Segment } from './segment.ts';

/** A multiple of the erase units of most cards, and little enough to be read whole. */
export const DEFAULT_SEGMENT_SIZE = 8 * 1024 * 1024;
/** A batch is closed when it is at least this long, so that those who wait are not kept waiting by one another. */
const BATCH_LIMIT = 4 * 1024 * 1024;
/** Records waiting for their batch; beyond it append() refuses with ENOBUFS. */
const QUEUE_LIMIT = 64 * 1024 * 1024;

export interface JournalOptions {
  readonly files: Files;
  /** Made if it is missing. */
  readonly directory: string;
  /** Of the segments' names, `PREFIX-00000001.log`. */
  readonly prefix: string;
  readonly segmentSize?: number;
  /** Sealed segments get index files, so that an opening reads them in place of the segments. Then {@link apply} must do without payloads. */
  readonly hasIndexFiles?: boolean;
  readonly clock: Pick<Clock, 'wallTime'>;
  /** With a clock, a batch waits a moment for more where many append at a time, to save writing: see {@link Gathering}. */
  readonly gathering?: Pick<Clock, 'now' | 'wake'>;
  readonly random: Random;
  /**
   * Called for every committed record in the journal's order: during recovery for all that are there, later for each before the promise of its
   * append() resolves. So the owner's state is at any time what a recovery would give. After a crash within a compaction a record comes
   * twice, with different positions; the later one holds. Must not throw.
   */
  apply(record: AppliedRecord): void;
  /** Called for every damaged range that is met, during recovery and later. */
  onDamage(damage: JournalDamage): void;
}

export interface SegmentSummary {
  readonly number: number;
  readonly path: string;
  /** Committed bytes with padding. */
  readonly size: number;
  /** Sealed, undamaged and not the newest: compact() will take it. */
  readonly isCompactable: boolean;
  /** Something in it could not be read, and may be readable at another time. */
  readonly isDamaged: boolean;
}

/** What reading a whole segment came to. */
export interface SegmentCheck {
  readonly records: number;
  readonly octets: number;
  /** Bytes that were promised and cannot be read. */
  readonly damage: readonly JournalDamage[];
}

interface Waiting {
  /** A function is called when its batch is put together, after all earlier batches were applied. */
  readonly records: readonly JournalRecord[] | (() => readonly JournalRecord[]);
  readonly size: number;
  /** A batch is written also without records, if it is needed: see {@link Journal.witness}. */
  readonly isWitness: boolean;
  resolve(positions: readonly RecordPosition[]): void;
  reject(error: unknown): void;
}

/** Opens a journal: recovers it and replays its records. @throws KernelError, UserError for a newer format */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  await makeDirectories(options);
  const recovered = await recover({
    ...options,
    onRecord: (record) => options.apply(record),
    onDamage: (damage) => options.onDamage(damage),
  });
  return new Journal(options, new Head({ segmentSize: DEFAULT_SEGMENT_SIZE, ...options }, recovered));
}

/** A new directory is there after a power cut only when each directory above it is synced; for old ones this writes nothing. */
async function makeDirectories({ files, directory }: JournalOptions): Promise<void> {
  await files.makeDirectory(directory);
  const names = directory.split('/');
  for (const index of names.keys()) await files.syncDirectory(names.slice(0, index).join('/') || '.');
}

/**
 * An append-only log that keeps what it has acknowledged through any power cut, with as few writes as can be: while one batch is being synced,
 * what is appended meanwhile forms the next. A journal nobody appends to writes nothing.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #head: Head;
  readonly #readers: SegmentReaders;
  readonly #indexer: SegmentIndexer | undefined;
  readonly #gathering: Gathering | undefined;
  readonly #queue: Waiting[] = [];
  #queued = 0;
  #running: Promise<void> | undefined;
  /** The segment being compacted, and the one being checked: neither may be both. */
  #compacting: number | undefined;
  #checking: number | undefined;
  #isClosed = false;

  constructor(options: JournalOptions, head: Head) {
    this.#options = options;
    this.#head = head;
    this.#readers = new SegmentReaders(options.files);
    this.#gathering = options.gathering === undefined ? undefined : new Gathering(options.gathering);
    this.#indexer = options.hasIndexFiles === true ? new SegmentIndexer(options) : undefined;
    for (const segment of head.segments.slice(0, -1)) this.#indexer?.add(segment);
  }

  /**
   * Adds records that count all together or not at all, and resolves when they are on stable storage. The arrays must not change until then.
   * @throws KernelError (`ENOSPC`, `EIO`; `ENOBUFS` when too much is waiting): the records do not count, nothing earlier is harmed, and a later call may succeed
   */
  append(records: readonly JournalRecord[]): Promise<readonly RecordPosition[]> {
    let size = 0;
    for (const record of records) size += frameLength(record);
    if (this.#queued > 0 && this.#queued + size > QUEUE_LIMIT) {
      const { directory } = this.#options;
      return Promise.reject(
        new KernelError(`append to the journal ${directory}`, 'ENOBUFS', 'too much is waiting'),
      );
    }
    return this.#enqueue(records, size);
  }

  /**
   * Has a batch without records follow the last one, unless that was done. A last batch with wrong checksums may be one that a power cut has torn, and is cut as never acknowledged;
   * behind another batch it is damage, which is reported. @throws KernelError
   */
  async witness(): Promise<void> {
    await this.#enqueue([], 0, true);
  }

  /** A number higher than `above` that no call will yield again, ever, provided that a record appended after it was committed. */
  reserveSequence(above = 0): number {
    return this.#head.reserveSequence(above);
  }

  /** Reads a record; its checksums are checked. @throws DamagedRecordError, KernelError */
  async read(position: RecordPosition): Promise<RecordContent> {
    const segment = this.#segment(position.segment);
    if (segment?.key === undefined) {
      throw new InvariantError(
        `Cannot read from segment ${position.segment}: there is none with that number`,
      );
    }
    try {
      return await readRecord(this.#readers, segment, position);
    } catch (error) {
      if (error instanceof DamagedRecordError) this.#damaged(segment, position);
      throw error;
    }
  }

  /** All segments, the oldest first. */
  segments(): readonly SegmentSummary[] {
    return this.#head.segments.map((segment, index) => ({
      number: segment.number,
      path: segment.path,
      size: segment.size,
      isCompactable: this.#head.isCompactable(segment, index),
      isDamaged: segment.isDamaged,
    }));
  }

  /**
   * Copies the records of a segment that `keep` wants, as it gives them back, to the end of the journal and removes the segment. `keep` is asked when everything
   * appended before was applied or refused, and what is appended later comes after the copies. False if the segment cannot be compacted or another is being compacted.
   * @throws KernelError: the segment is still there
   */
  async compact(
    number: number,
    keep: (record: AppliedRecord) => JournalRecord | undefined,
  ): Promise<boolean> {
    const segment = this.#segment(number);
    const isBusy = this.#compacting !== undefined || this.#checking === number;
    if (segment === undefined || isBusy || !this.#head.isCompactable(segment)) return false;
    this.#compacting = number;
    try {
      return await compactSegment(segment, {
        files: this.#options.files,
        keep,
        append: (records) => this.#enqueue(records, 0),
        witness: () => this.witness(),
        onDamage: (extent) => this.#damaged(segment, extent),
        remove: () => this.#remove(segment),
      });
    } finally {
      this.#compacting = undefined;
    }
  }

  /**
   * Reads all of a segment that is committed and checks it; damage is also reported as that of any read. One at a time. Undefined if the segment is
   * gone or just being compacted, which reads it as well.
   */
  async check(number: number): Promise<SegmentCheck | undefined> {
    const segment = this.#segment(number);
    if (segment === undefined || this.#compacting === number || this.#checking !== undefined)
      return undefined;
    this.#checking = number;
    try {
      const whole = await readSegment(segment, this.#options.files);
      const damage = whole?.damage ?? [{ offset: 0, length: segment.size }];
      for (const extent of damage) this.#damaged(segment, extent);
      return {
        records: whole?.scan.records.length ?? 0,
        octets: segment.size,
        damage: damage.map((extent) => ({ path: segment.path, ...extent })),
      };
    } finally {
      this.#checking = undefined;
    }
  }

  /** Waits for what was appended and lets go of the files. */
  async close(): Promise<void> {
    // What cannot be written now, as on a full disk, is the end without a witness, as after a power cut.
    if (!this.#isClosed) await this.witness().catch(() => {});
    this.#isClosed = true;
    while (this.#running !== undefined) await this.#running;
    await this.#indexer?.settle();
    await this.#head.close();
    this.#readers.close();
  }

  #segment(number: number): Segment | undefined {
    return this.#head.segments.find((segment) => segment.number === number);
  }

  #damaged(segment: Segment, { offset, length }: { readonly offset: number; readonly length: number }): void {
    segment.isDamaged = true;
    void this.#indexer?.drop(segment);
    this.#options.onDamage({ path: segment.path, offset, length });
  }

  async #remove(segment: Segment): Promise<void> {
    await this.#readers.settle(segment.number);
    await this.#indexer?.drop(segment);
    await this.#head.remove(segment);
    this.#readers.retire(segment.number);
  }

  #enqueue(records: Waiting['records'], size: number, isWitness = false): Promise<readonly RecordPosition[]> {
    if (this.#isClosed) {
      return Promise.reject(
        new InvariantError(`Cannot append to the journal ${this.#options.directory}: it is closed`),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<readonly RecordPosition[]>();
    this.#queue.push({ records, size, isWitness, resolve, reject });
    this.#queued += size;
    this.#gathering?.arrived();
    this.#running ??= this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    // Whatever is appended in the same turn shares the first batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#gathering?.wait(() => ({ count: this.#queue.length, octets: this.#queued }));
      const batch = this.#takeBatch();
      await this.#commit(batch);
      this.#gathering?.learn(batch.length + this.#queue.length);
    }
    this.#running = undefined;
  }

  /** What is waiting, up to the limit. A function begins a batch: what it is to see must have been applied. */
  #takeBatch(): Waiting[] {
    let [count, size] = [0, 0];
    for (const waiting of this.#queue) {
      if (count > 0 && (typeof waiting.records === 'function' || size + waiting.size > BATCH_LIMIT)) break;
      count += 1;
      size += waiting.size;
    }
    this.#queued -= size;
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const groups = batch.map(({ records }) => (typeof records === 'function' ? records() : records));
      const records = groups.flat();
      const isWanted = records.length > 0 || (this.#head.needsWitness && batch.some((one) => one.isWitness));
      const positions = isWanted ? await this.#write(records) : [];
      for (const [index, waiting] of batch.entries()) {
        waiting.resolve(positions.splice(0, groups[index]?.length ?? 0));
      }
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  async #write(records: readonly JournalRecord[]): Promise<RecordPosition[]> {
    const last = this.#head.segments.at(-1);
    const segment = await this.#head.prepare(batchLength(records));
    if (last !== undefined && last !== segment) this.#indexer?.add(last);
    const { extents } = await this.#head.write((place) => encodeBatch(records, place));
    const positions = extents.map((extent) => ({ segment: segment.number, ...extent }));
    for (const [index, { type, header, payload }] of records.entries()) {
      const position = positions[index];
      if (position === undefined) throw new InvariantError('Cannot apply a record that has no position');
      this.#options.apply({
        type,
        header,
        payload: payload ?? new Uint8Array(),
        isIntact: true,
        position,
      });
    }
    return positions;
  }
}
