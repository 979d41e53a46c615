import { fromUtf8, utf8 } from '../../../src/base/text.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import type { AppliedRecord } from '../../../src/io/journal/applied-record.ts';
import { type Journal, openJournal } from '../../../src/io/journal/journal.ts';
import type { JournalDamage, RecordPosition } from '../../../src/io/journal/segment.ts';
import type { Files } from '../../../src/port/files.ts';
import type { JournalRecord } from '../../../src/wire/record/frame.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

export const NOTE = 1;
export const PAGE = 4096;

/** The text of a note's payload: as long as its name says, `a:5000`. */
export function body(name: string): Uint8Array {
  return utf8(`${name} `.repeat(Math.ceil(Number(name.split(':')[1] ?? 1) / (name.length + 1))));
}

export function note(name: string): JournalRecord {
  return { type: NOTE, header: utf8(name), payload: body(name) };
}

/** What the journal's records say. */
class Pages {
  readonly notes = new Map<string, RecordPosition>();
  readonly damage: JournalDamage[] = [];
  readonly unreadable: string[] = [];

  apply({ header, position, isIntact }: AppliedRecord): void {
    const name = fromUtf8(header);
    this.notes.set(name, position);
    if (!isIntact) this.unreadable.push(name);
  }
}

/** The simplest owner of a journal: notes by name, of which some are struck out and wait for compaction. */
export class Notebook {
  readonly journal: Journal;
  readonly notes: Map<string, RecordPosition>;
  readonly damage: readonly JournalDamage[];
  readonly unreadable: readonly string[];
  readonly struck = new Set<string>();

  constructor(journal: Journal, { notes, damage, unreadable }: Pages) {
    this.journal = journal;
    this.notes = notes;
    this.damage = damage;
    this.unreadable = unreadable;
  }

  static async open(files: Files, segmentSize = 6 * PAGE, hasIndexFiles = false): Promise<Notebook> {
    const pages = new Pages();
    const journal = await openJournal({
      files,
      directory: 'log',
      prefix: 'note',
      segmentSize,
      hasIndexFiles,
      clock: { wallTime: () => Timestamp(1_700_000_000_000) },
      random: new FakeRandom(5),
      apply: (record) => pages.apply(record),
      onDamage: (damage) => pages.damage.push(damage),
    });
    return new Notebook(journal, pages);
  }

  async put(...names: readonly string[]): Promise<void> {
    await this.journal.append(names.map(note));
  }

  async get(name: string): Promise<string> {
    const position = this.notes.get(name);
    if (position === undefined) throw new Error(`no note ${name}`);
    const { payload } = await this.journal.read(position);
    return fromUtf8(payload);
  }

  /** Compacts the oldest segment that can be, without the notes struck out. */
  async compactOldest(): Promise<boolean> {
    const oldest = this.journal.segments().find((segment) => segment.isCompactable);
    if (oldest === undefined) return false;
    const isDone = await this.journal.compact(oldest.number, ({ type, header, payload, position }) => {
      const name = fromUtf8(header);
      const at = this.notes.get(name);
      const isLive =
        at?.segment === position.segment && at.offset === position.offset && !this.struck.has(name);
      return isLive ? { type, header, payload } : undefined;
    });
    if (!isDone) return false;
    for (const [name, { segment }] of this.notes) if (segment === oldest.number) this.notes.delete(name);
    return true;
  }
}
