import { KernelError } from '../../base/errors.ts';
import type { Files, OpenFile } from '../../port/files.ts';
import { type SegmentScan, type Committed, scanSegment } from '../../wire/record/scan.ts';
import type { SegmentIndex } from '../../wire/record/segment-index.ts';
import { type AppliedRecord, appliedRecord, indexedRecord } from './applied-record.ts';
import { type FoundSegment, type JournalPlace, findSegments, readBytes } from './find-segments.ts';
import { type JournalDamage, type Segment, segmentKey } from './segment.ts';

export interface RecoverOptions extends JournalPlace {
  onRecord(record: AppliedRecord): void;
  onDamage(damage: JournalDamage): void;
}

export interface Recovered {
  /** In order. */
  readonly segments: Segment[];
  /** Whether the last segment ends cleanly, so that it may be appended to. */
  readonly isLastWhole: boolean;
  readonly lastCommitted: number;
  /** Lower than any sequence to be given from now on. */
  readonly lastSequence: number;
  readonly lastNumber: number;
}

/** What one segment has come to. */
interface Replayed {
  readonly segment: Segment;
  readonly isWhole: boolean;
  readonly lastCommitted: number;
  readonly lastSequence: number;
}

/**
 * Replays a journal: sealed segments by their index files, those without and the last one by reading them. Cuts a torn tail and reports
 * damage. Running it again after a crash in it comes to the same.
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { segments: found, lastNumber } = await findSegments(options);
  const segments: Segment[] = [];
  let [lastCommitted, lastSequence, isLastWhole] = [0, 0, false];
  const add = async (one: FoundSegment, next: FoundSegment | undefined): Promise<void> => {
    if (isUnused(one, next)) {
      if (options.isReadOnly !== true) await options.files.remove(one.path);
      return;
    }
    const { index } = one;
    const replayed =
      index === undefined
        ? await replay(one, { next, before: lastCommitted }, options)
        : replayIndex(one, index, { before: lastCommitted, onRecord: (record) => options.onRecord(record) });
    segments.push(replayed.segment);
    isLastWhole = replayed.isWhole;
    lastCommitted = replayed.lastCommitted;
    lastSequence = Math.max(lastSequence, replayed.lastSequence);
  };
  let current: FoundSegment | undefined;
  for await (const next of found) {
    if (current !== undefined) await add(current, next);
    current = next;
  }
  if (current !== undefined) await add(current, undefined);
  // After a mere crash of the program, names may have come and gone in the kernel's memory only.
  if (options.isReadOnly !== true) await options.files.syncDirectory(options.directory);
  return { segments, isLastWhole, lastCommitted, lastSequence, lastNumber };
}

/** A file that never became a segment. One that did is known to the next segment, or has an index file: when it is empty now, what it held is lost. */
function isUnused({ isEmpty, hasIndexFile, number }: FoundSegment, next: FoundSegment | undefined): boolean {
  return isEmpty && !hasIndexFile && next?.head?.previousNumber !== number;
}

interface Surroundings {
  readonly next: FoundSegment | undefined;
  readonly before: number;
}

async function replay(
  one: FoundSegment,
  { next, before }: Surroundings,
  options: RecoverOptions,
): Promise<Replayed> {
  const through = next === undefined ? undefined : committedThrough(one, next);
  const bytes = await readBytes(options, one.path);
  const scan = scanFound(one, { bytes, before, through }, options);
  const segment = scannedSegment(one, scan, bytes.length);
  await settle(segment, { bytes, isLast: next === undefined }, options);
  const lastCommitted = scan?.lastCommitted ?? before;
  return {
    segment,
    // Behind an index file nothing is ever written: the two would contradict each other.
    isWhole: isZero(bytes.subarray(segment.size)) && !segment.isDamaged && !one.hasIndexFile,
    lastCommitted,
    lastSequence: highestSequence(one, scan, lastCommitted + bytes.length),
  };
}

function scannedSegment(one: FoundSegment, scan: SegmentScan | undefined, length: number): Segment {
  if (scan === undefined) return { ...segmentOf(one, length, 0), isDamaged: true };
  const [isDamaged, isWitnessed] = [scan.damage.length > 0, scan.isLastBatchEmpty];
  return { ...segmentOf(one, scan.end, scan.lastBatch), isDamaged, isWitnessed };
}

/** As what {@link Runway} lays. Behind anything else, of which sectors may come back in what is written there, nothing is added. */
function isZero(bytes: Uint8Array): boolean {
  return bytes.every((octet) => octet === 0);
}

function replayIndex(
  one: FoundSegment,
  { head, records, end, lastBatch, ...index }: SegmentIndex,
  { before, onRecord }: Pick<Committed, 'before'> & Pick<RecoverOptions, 'onRecord'>,
): Replayed {
  for (const record of records) onRecord(indexedRecord(record, one.number));
  const segment = segmentOf(one, end, lastBatch);
  segment.isIndexed = true;
  return {
    segment,
    isWhole: false,
    lastCommitted: Math.max(before, head.previousSequence, index.lastCommitted),
    lastSequence: Math.max(index.lastSequence, head.firstSequence - 1),
  };
}

function segmentOf({ number, path, head }: FoundSegment, size: number, lastBatch: number): Segment {
  const flags = { hasResidue: false, isDamaged: false, isIndexed: false, isUnlinked: false };
  return {
    number,
    path,
    key: head === undefined ? undefined : segmentKey(head.salt),
    size,
    lastBatch,
    isWitnessed: false,
    ...flags,
  };
}

/** No sequence given in this segment is higher; if it cannot be read, `bound` is higher than there can be. */
function highestSequence({ head }: FoundSegment, scan: SegmentScan | undefined, bound: number): number {
  if (head === undefined || scan === undefined) return bound;
  return Math.max(scan.lastSequence, head.firstSequence - 1);
}

/** What the next segment says of this one; nothing if another, compacted since, was between them. */
function committedThrough(segment: FoundSegment, next: FoundSegment): number {
  return next.head?.previousNumber === segment.number ? next.head.previousSequence : Infinity;
}

function scanFound(
  found: FoundSegment,
  { bytes, before, through }: { readonly bytes: Uint8Array } & Committed,
  options: RecoverOptions,
): SegmentScan | undefined {
  if (found.head === undefined) {
    options.onDamage({ path: found.path, offset: 0, length: bytes.length });
    return undefined;
  }
  const scan = scanSegment(bytes, segmentKey(found.head.salt), {
    before: Math.max(before, found.head.previousSequence),
    through,
  });
  for (const frame of scan.records) options.onRecord(appliedRecord(frame, found.number));
  for (const { offset, length } of scan.damage) options.onDamage({ path: found.path, offset, length });
  return scan;
}

/**
 * Cuts what was never acknowledged. The last segment is synced in any case: after a mere crash of the program its end may be in
 * the kernel's memory only, and must not be shown to a client and then be lost.
 */
async function settle(
  segment: Segment,
  { bytes, isLast }: { readonly bytes: Uint8Array; readonly isLast: boolean },
  { files, isReadOnly }: JournalPlace,
): Promise<void> {
  const hasTail = segment.size < bytes.length;
  if (isReadOnly === true || (!isLast && !hasTail)) return;
  const file = await openUnlessReadOnly(files, segment.path);
  if (file === undefined) {
    segment.hasResidue = hasTail;
    return;
  }
  try {
    if (hasTail) await file.truncate(segment.size);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Undefined on a file system that the kernel has made read-only, as it does with a failing card: what is there can still be read, and none of it can change. */
async function openUnlessReadOnly(files: Files, path: string): Promise<OpenFile | undefined> {
  try {
    return await files.open(path, 'existing');
  } catch (error) {
    if (error instanceof KernelError && error.errno === 'EROFS') return undefined;
    throw error;
  }
}
