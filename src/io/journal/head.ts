import { crc32 } from 'node:zlib';
import { InvariantError } from '../../base/errors.ts';
import type { Clock } from '../../port/clock.ts';
import type { Files, OpenFile } from '../../port/files.ts';
import type { Random } from '../../port/random.ts';
import type { BatchPlace, EncodedBatch } from '../../wire/record/batch.ts';
import { PAGE } from '../../wire/record/layout.ts';
import { encodeSegmentHead } from '../../wire/record/segment-head.ts';
import type { Recovered } from './recover.ts';
import { Runway } from './runway.ts';
import { type Segment, segmentKey, segmentName } from './segment.ts';

const SALT_RANGE = 2 ** 32;

export interface HeadOptions {
  readonly files: Files;
  readonly directory: string;
  readonly prefix: string;
  readonly segmentSize: number;
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly random: Random;
}

/** The list of a journal's segments and the end where it grows. One operation at a time. */
export class Head {
  readonly #options: HeadOptions;
  readonly #segments: Segment[];
  /** Of the open file. */
  readonly #runway = new Runway();
  /** The open file of the last segment; undefined when the next batch needs a new segment or the last one reopened. */
  #file: OpenFile | undefined;
  /** Whether batches may be added to the last segment. */
  #isOpenEnded: boolean;
  #lastNumber: number;
  #lastSequence: number;
  #lastCommitted: number;

  constructor(options: HeadOptions, recovered: Recovered) {
    this.#options = options;
    this.#segments = recovered.segments;
    this.#isOpenEnded = recovered.isLastWhole;
    this.#lastNumber = recovered.lastNumber;
    this.#lastSequence = recovered.lastSequence;
    this.#lastCommitted = recovered.lastCommitted;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Whether the last batch has records, and nothing behind it that proves it was acknowledged. */
  get needsWitness(): boolean {
    const last = this.#segments.at(-1);
    return this.#isOpenEnded && last !== undefined && last.lastBatch > 0 && !last.isWitnessed;
  }

  reserveSequence(above: number): number {
    this.#lastSequence = Math.max(this.#lastSequence, above) + 1;
    return this.#lastSequence;
  }

  /** The newest holds the highest sequence, without which numbers would be given twice; after a residue the next segment is the only witness of it. */
  isCompactable(segment: Segment, index = this.#segments.indexOf(segment)): boolean {
    const isNewest = index === this.#segments.length - 1;
    return index >= 0 && !isNewest && !segment.isDamaged && this.#segments[index - 1]?.hasResidue !== true;
  }

  /** Makes sure that `length` bytes can be added to the last segment, which is returned. */
  async prepare(length: number): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#isOpenEnded) {
      if (last.lastBatch === 0 || last.size + length <= this.#options.segmentSize) {
        this.#file ??= await this.#reopen(last);
        return last;
      }
      this.#isOpenEnded = false;
      await this.#seal(last);
      await this.close();
    }
    return this.#create(last?.number ?? 0);
  }

  /** Adds a batch to the segment that {@link prepare} returned, and returns when it is on stable storage. */
  async write(encode: (place: BatchPlace) => EncodedBatch): Promise<EncodedBatch> {
    const [segment, file] = [this.#segments.at(-1), this.#file];
    if (segment?.key === undefined || file === undefined) {
      throw new InvariantError('Cannot write a batch before its segment is prepared');
    }
    const batch = encode({
      offset: segment.size,
      batch: segment.lastBatch + 1,
      sequence: this.#lastSequence + 1,
      key: segment.key,
    });
    // Also when the write fails: part of it may be on the disk, and no sequence may stand for two records.
    this.#lastSequence = batch.lastSequence;
    try {
      await this.#writeBatch(segment, batch, file);
    } catch (error) {
      await this.#abandon(segment, file);
      throw error;
    }
    await this.#sync(segment, file);
    segment.size += batch.length;
    segment.lastBatch += 1;
    segment.isWitnessed = batch.extents.length === 0;
    this.#lastCommitted = batch.lastSequence;
    return batch;
  }

  /** Removes a segment whose records are not needed any more; durable when it returns. */
  async remove(segment: Segment): Promise<void> {
    const { files, directory } = this.#options;
    if (!segment.isUnlinked) await files.remove(segment.path);
    segment.isUnlinked = true;
    await files.syncDirectory(directory);
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  async close(): Promise<void> {
    const [file, last] = [this.#file, this.#segments.at(-1)];
    this.#file = undefined;
    // Zeros that stay, because of an error or as this is not synced, are cut at the next start.
    if (last !== undefined && this.#runway.end > last.size) await file?.truncate(last.size).catch(() => {});
    await file?.close();
  }

  async #reopen({ path, size }: Segment): Promise<OpenFile> {
    const file = await this.#options.files.open(path, 'existing');
    this.#runway.begin(size);
    return file;
  }

  async #writeBatch({ size }: Segment, { parts, length }: EncodedBatch, file: OpenFile): Promise<void> {
    const zeros = this.#runway.behind(size + length, length, this.#options.segmentSize);
    if (zeros === undefined) return file.write(size, parts);
    try {
      await file.write(size, [...parts, zeros]);
    } catch {
      // On a disk nearly full there may be room without the zeros; whatever else failed fails again.
      await file.write(size, parts);
    }
  }

  /** When the segment after this one is gone, the end of the file is all that tells where the records end. */
  async #seal(segment: Segment): Promise<void> {
    if (this.#runway.end <= segment.size || this.#file === undefined) return;
    try {
      await this.#file.truncate(segment.size);
      await this.#file.sync();
      this.#runway.begin(segment.size);
    } catch {
      segment.hasResidue = true;
    }
  }

  /**
   * A sync that fails is the last one of its file: Linux tells of the failure once, forgets what it could not write and shows it all the same (fsync(2)), so
   * that a later success would prove nothing.
   */
  async #sync(segment: Segment, file: OpenFile): Promise<void> {
    try {
      await file.sync();
    } catch (error) {
      await this.#abandon(segment, file);
      segment.hasResidue = true;
      this.#isOpenEnded = false;
      await this.close().catch(() => {});
      throw error;
    }
  }

  /** After a failed write: takes its bytes back. Only a segment without acknowledged bytes is used on after that. */
  async #abandon(segment: Segment, file: OpenFile): Promise<void> {
    try {
      await file.truncate(segment.size);
      await file.sync();
      this.#runway.begin(segment.size);
      this.#isOpenEnded = segment.lastBatch === 0;
    } catch {
      // The error that matters is the one of the write; this one is remembered by what it leaves behind.
      segment.hasResidue = true;
      this.#isOpenEnded = false;
    }
    if (!this.#isOpenEnded) await this.close().catch(() => {});
  }

  async #create(previousNumber: number): Promise<Segment> {
    const { files, directory, prefix, clock, random } = this.#options;
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const path = `${directory}/${segmentName(prefix, number)}`;
    const salt = random.below(SALT_RANGE);
    const head = encodeSegmentHead(
      {
        salt,
        number,
        created: clock.wallTime(),
        firstSequence: this.#lastSequence + 1,
        previousSequence: this.#lastCommitted,
        previousNumber,
      },
      crc32,
    );
    const file = await files.open(path, 'create');
    try {
      await file.write(0, [head]);
      await file.sync();
      await files.syncDirectory(directory);
    } catch (error) {
      await file.close().catch(() => {});
      await files.remove(path).catch(() => {});
      throw error;
    }
    const key = segmentKey(salt);
    const flags = { hasResidue: false, isDamaged: false, isIndexed: false, isUnlinked: false };
    const batches = { size: PAGE, lastBatch: 0, isWitnessed: false };
    const segment: Segment = { number, path, key, ...batches, ...flags };
    this.#segments.push(segment);
    this.#file = file;
    this.#runway.begin(PAGE);
    this.#isOpenEnded = true;
    return segment;
  }
}
