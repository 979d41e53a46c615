import type { Files, OpenFile } from '../../port/files.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Segment } from './segment.ts';

/** Segments open for reading at a time; beyond it, the one unused for longest is closed. A large mail store has over a thousand. */
const OPEN_LIMIT = 32;

interface Reading {
  readonly file: Promise<OpenFile>;
  users: number;
  isRetired: boolean;
}

/** The files that a journal reads records from, opened when needed. */
export class SegmentReaders {
  readonly #files: Files;
  readonly #open = new Map<number, Reading>();
  readonly #ahead = new ReadAhead();

  constructor(files: Files) {
    this.#files = files;
  }

  /** The segment must exist when this is called; it may be removed, after {@link settle}, while the read is under way. */
  async read(segment: Segment, offset: number, length: number): Promise<Uint8Array> {
    const { number, size } = segment;
    const kept = this.#ahead.find(number, offset, length);
    if (kept !== undefined) return kept;
    const reading = this.#reading(segment);
    reading.users += 1;
    try {
      const file = await reading.file;
      const bytes = await file.read(
        offset,
        this.#ahead.lengthFor(number, { offset, length, committed: size }),
      );
      return this.#ahead.keep(number, { offset, length }, bytes);
    } finally {
      reading.users -= 1;
      this.#closeUnused(reading);
    }
  }

  /** Waits until the file of a segment that is being opened is open, so that its name may go. */
  async settle(number: number): Promise<void> {
    await this.#open.get(number)?.file.catch(() => {});
  }

  /** Forgets a segment that is gone; its file is closed when the last read has ended. */
  retire(number: number): void {
    this.#ahead.forget(number);
    const reading = this.#open.get(number);
    if (reading === undefined) return;
    this.#open.delete(number);
    reading.isRetired = true;
    this.#closeUnused(reading);
  }

  close(): void {
    for (const number of this.#open.keys()) this.retire(number);
  }

  #reading(segment: Segment): Reading {
    const known = this.#open.get(segment.number);
    this.#open.delete(segment.number);
    const reading = known ?? { file: this.#openFile(segment), users: 0, isRetired: false };
    this.#open.set(segment.number, reading);
    if (this.#open.size > OPEN_LIMIT) this.#retireOldest();
    return reading;
  }

  async #openFile(segment: Segment): Promise<OpenFile> {
    try {
      return await this.#files.open(segment.path, 'read');
    } catch (error) {
      this.#open.delete(segment.number);
      throw error;
    }
  }

  #retireOldest(): void {
    for (const [number, reading] of this.#open) {
      if (reading.users === 0) {
        this.retire(number);
        return;
      }
    }
  }

  #closeUnused(reading: Reading): void {
    if (!reading.isRetired || reading.users > 0) return;
    // Nobody waits for this, and a read-only use has nothing to lose in a failed close.
    void reading.file.then((file) => file.close()).catch(() => {});
  }
}
