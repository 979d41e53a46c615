import { KernelError } from '../../base/errors.ts';
import type { AppliedRecord } from './applied-record.ts';
import type { JournalPlace } from './find-segments.ts';
import { type RecordContent, readRecord } from './read-record.ts';
import { SegmentReaders } from './readers.ts';
import { recover } from './recover.ts';
import type { JournalDamage, RecordPosition, Segment } from './segment.ts';

export interface SnapshotOptions extends Omit<JournalPlace, 'isReadOnly'> {
  apply(record: AppliedRecord): void;
  onDamage(damage: JournalDamage): void;
}

/**
 * A journal as another program left it or is just writing it; nothing is written here. That is safe without any lock because the writer only ever
 * appends and unlinks: a batch that is half written has no commit mark and does not count, and a segment is unlinked only when all that is needed
 * of it has been copied to the end. So whoever meets a segment that is gone (`ENOENT`) opens the journal anew and finds its records elsewhere.
 */
export class JournalSnapshot {
  readonly segments: readonly Segment[];
  readonly #readers: SegmentReaders;

  constructor(segments: readonly Segment[], readers: SegmentReaders) {
    this.segments = segments;
    this.#readers = readers;
  }

  /** @throws KernelError `ENOENT` when a segment was removed meanwhile, UserError for a newer format */
  static async open(options: SnapshotOptions): Promise<JournalSnapshot> {
    const { segments } = await recover({
      ...options,
      isReadOnly: true,
      onRecord: (record) => options.apply(record),
      onDamage: (damage) => options.onDamage(damage),
    });
    return new JournalSnapshot(segments, new SegmentReaders(options.files));
  }

  /** @throws DamagedRecordError, KernelError: `ENOENT` when the segment was removed meanwhile */
  async read(position: RecordPosition): Promise<RecordContent> {
    const segment = this.segments.find(({ number }) => number === position.segment);
    if (segment === undefined) throw new KernelError(`read segment ${position.segment}`, 'ENOENT');
    return readRecord(this.#readers, segment, position);
  }

  close(): void {
    this.#readers.close();
  }
}
