import { crc32 } from 'node:zlib';
import { InvariantError } from '../../base/errors.ts';
import type { Files } from '../../port/files.ts';
import { decodeSegmentHead } from '../../wire/record/segment-head.ts';
import { encodeSegmentIndex } from '../../wire/record/segment-index.ts';
import { readSegment } from './read-segment.ts';
import { type Segment, indexName } from './segment.ts';

export interface IndexerOptions {
  readonly files: Files;
  readonly directory: string;
  readonly prefix: string;
}

/**
 * Writes the index files of sealed segments, one after the other, behind what the journal does. They are disposable: one that cannot be written now is
 * missed at the next start only, which then writes it.
 */
export class SegmentIndexer {
  readonly #options: IndexerOptions;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: IndexerOptions) {
    this.#options = options;
  }

  /** Has an index file written for a sealed segment, unless it must not have one. */
  add(segment: Segment): void {
    this.#next(() => this.#write(segment));
  }

  /** Removes the index file of a segment that turned out damaged, so that the next start looks at the segment itself, or that goes. */
  async drop(segment: Segment): Promise<void> {
    this.#next(() => this.#remove(segment));
    await this.#turn;
  }

  /** Resolves when all is done that was asked for. */
  async settle(): Promise<void> {
    await this.#turn;
  }

  #next(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      if (error instanceof InvariantError) throw error;
    });
  }

  async #write(segment: Segment): Promise<void> {
    if (segment.isIndexed || !mayHaveIndex(segment)) return;
    const whole = await readSegment(segment, this.#options.files);
    const head = whole === undefined ? undefined : decodeSegmentHead(whole.bytes, crc32);
    if (whole === undefined || head === undefined || whole.damage.length > 0 || !mayHaveIndex(segment))
      return;
    const { lastBatch, end, lastCommitted, lastSequence, records } = whole.scan;
    const index = { head, lastBatch, end, lastCommitted, lastSequence, records };
    await this.#options.files.replace(this.#path(segment), encodeSegmentIndex(index, crc32));
    segment.isIndexed = true;
  }

  async #remove(segment: Segment): Promise<void> {
    if (!segment.isIndexed) return;
    segment.isIndexed = false;
    await this.#options.files.remove(this.#path(segment));
  }

  #path({ number }: Segment): string {
    return `${this.#options.directory}/${indexName(this.#options.prefix, number)}`;
  }
}

/** Behind a residue only the next segment's head tells what counts; damage must be found again at every start. */
function mayHaveIndex({ key, hasResidue, isDamaged, isUnlinked }: Segment): boolean {
  return key !== undefined && !hasResidue && !isDamaged && !isUnlinked;
}
