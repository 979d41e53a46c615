import { InvariantError } from '../../base/errors.ts';
import type { JournalRecord } from '../../wire/record/frame.ts';
import type { AppliedRecord } from './applied-record.ts';
import type { Journal, SegmentSummary } from './journal.ts';

export interface CompactorOptions {
  readonly journal: Journal;
  /** The segment to compact next; undefined when none is worth it. */
  pick(segments: readonly SegmentSummary[]): number | undefined;
  /** As for {@link Journal.compact}. */
  keep(record: AppliedRecord): JournalRecord | undefined;
  /** After a segment is gone. */
  onRemoved?(number: number): void;
  /** Compaction stops until the next trigger. */
  onFailure(error: unknown): void;
}

/** Compacts a journal in the background, one segment at a time. */
export class Compactor {
  readonly #options: CompactorOptions;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  /** Compacts until no segment is worth it, unless that is under way; resolves when done, also after a failure. */
  async run(): Promise<void> {
    if (!this.#isClosed && this.#running === undefined && this.#pick() !== undefined)
      this.#running = this.#compact();
    await this.#running;
  }

  /** Waits for what is under way; nothing is begun any more. To be called before the journal is closed, which takes no copies then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #compact(): Promise<void> {
    try {
      for (let number = this.#pick(); number !== undefined; number = this.#pick()) {
        const isDone = await this.#options.journal.compact(number, (record) => this.#options.keep(record));
        if (!isDone) break;
        this.#options.onRemoved?.(number);
      }
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#options.onFailure(error);
    } finally {
      this.#running = undefined;
    }
  }

  #pick(): number | undefined {
    return this.#options.pick(this.#options.journal.segments());
  }
}
