import type { Files } from '../../port/files.ts';
import type { Extent } from '../../wire/record/batch.ts';
import type { Frame, JournalRecord } from '../../wire/record/frame.ts';
import { type AppliedRecord, appliedRecord } from './applied-record.ts';
import { readSegment } from './read-segment.ts';
import type { Segment } from './segment.ts';

/** Copied in batches of about this many bytes, so that others wait for a short time only. */
const COPY_SIZE = 256 * 1024;

export interface CompactPorts {
  readonly files: Files;
  keep(record: AppliedRecord): JournalRecord | undefined;
  /** Calls the function when all that was appended before is applied, and appends what it returns. */
  append(records: () => readonly JournalRecord[]): Promise<readonly unknown[]>;
  /** Has the copies followed by something, so that they are never taken for a batch that was torn before it was acknowledged: they are all there is. */
  witness(): Promise<void>;
  onDamage(extent: Extent): void;
  remove(): Promise<void>;
}

/** Copies what is wanted of a sealed segment to the end of the journal, then removes it. False if it turns out damaged: then it stays as it is. */
export async function compactSegment(segment: Segment, ports: CompactPorts): Promise<boolean> {
  if (segment.key === undefined) return false;
  const records = segment.isUnlinked ? [] : await readWhole(segment, ports);
  if (records === undefined) return false;
  let copied = 0;
  for (const group of groupsOf(records)) {
    const copies = await ports.append(() =>
      group
        .map((frame) => ports.keep(appliedRecord(frame, segment.number)))
        .filter((record) => record !== undefined),
    );
    copied += copies.length;
  }
  // On a full disk nothing can be written, and what is needed by nobody can go all the same.
  if (copied > 0) await ports.witness();
  await ports.remove();
  return true;
}

async function readWhole(segment: Segment, ports: CompactPorts): Promise<readonly Frame[] | undefined> {
  const whole = await readSegment(segment, ports.files);
  for (const extent of whole?.damage ?? []) ports.onDamage(extent);
  return whole?.damage.length === 0 ? whole.scan.records : undefined;
}

function groupsOf(records: readonly Frame[]): readonly (readonly Frame[])[] {
  const groups: Frame[][] = [];
  let size = Infinity;
  for (const frame of records) {
    if (size >= COPY_SIZE) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(frame);
    size += frame.length;
  }
  return groups;
}
