import { crc32 } from 'node:zlib';
import { UserError } from '../../base/errors.ts';
import type { Files } from '../../port/files.ts';
import type { Frame } from '../../wire/record/frame.ts';
import { PAGE } from '../../wire/record/layout.ts';
import { type Committed, type SegmentScan, scanSegment } from '../../wire/record/scan.ts';
import { FORMAT_VERSION, type SegmentHead, decodeSegmentHead } from '../../wire/record/segment-head.ts';
import { type JournalDamage, type Segment, segmentKey, segmentName, segmentNumber } from './segment.ts';

export interface RecoverOptions {
  readonly files: Files;
  readonly directory: string;
  readonly prefix: string;
  onRecord(frame: Frame, segment: number): void;
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

interface Found {
  readonly number: number;
  readonly path: string;
  readonly head: SegmentHead | undefined;
}

/** Reads all segments of a journal, cuts a torn tail and reports damage. Running it again after a crash in it comes to the same. */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { found, lastNumber } = await findSegments(options);
  const segments: Segment[] = [];
  let [lastCommitted, lastSequence, isLastWhole] = [0, 0, false];
  for (const [index, one] of found.entries()) {
    const next = found[index + 1];
    const through = next === undefined ? undefined : committedThrough(one, next);
    const bytes = (await options.files.read(one.path)) ?? new Uint8Array();
    const scan = replay(one, { bytes, before: lastCommitted, through }, options);
    const segment = segmentOf(one, bytes.length, scan);
    segments.push(segment);
    await settle(segment, { bytes, isLast: next === undefined }, options.files);
    isLastWhole = bytes.length === segment.size && !segment.isDamaged;
    lastCommitted = scan?.lastCommitted ?? lastCommitted;
    lastSequence = Math.max(lastSequence, highestSequence(one, scan, lastCommitted + bytes.length));
  }
  // After a mere crash of the program, names may have come and gone in the kernel's memory only.
  await options.files.syncDirectory(options.directory);
  return { segments, isLastWhole, lastCommitted, lastSequence, lastNumber };
}

function segmentOf({ number, path, head }: Found, length: number, scan: SegmentScan | undefined): Segment {
  return {
    number,
    path,
    key: head === undefined ? undefined : segmentKey(head.salt),
    size: scan?.end ?? length,
    lastBatch: scan?.lastBatch ?? 0,
    hasResidue: false,
    isDamaged: scan === undefined || scan.damage.length > 0,
    isUnlinked: false,
  };
}

/** No sequence given in this segment is higher; if it cannot be read, `bound` is higher than there can be. */
function highestSequence({ head }: Found, scan: SegmentScan | undefined, bound: number): number {
  if (head === undefined || scan === undefined) return bound;
  return Math.max(scan.lastSequence, head.firstSequence - 1);
}

/** The segments with their heads. Files that never became segments are removed. */
async function findSegments(
  options: RecoverOptions,
): Promise<{ readonly found: readonly Found[]; readonly lastNumber: number }> {
  const { files, directory, prefix } = options;
  const numbers = (await files.list(directory))
    .map((name) => segmentNumber(prefix, name))
    .filter((number) => number !== undefined)
    .sort((a, b) => a - b);
  const found: Found[] = [];
  for (const number of numbers) {
    const path = `${directory}/${segmentName(prefix, number)}`;
    const { size, head } = await readHead(files, path, number);
    // Records follow only after the head was synced: without it, a file this short has never held any.
    if (head === undefined && size <= PAGE) await files.remove(path);
    else found.push({ number, path, head });
  }
  return { found, lastNumber: numbers.at(-1) ?? 0 };
}

async function readHead(
  files: Files,
  path: string,
  number: number,
): Promise<{ readonly size: number; readonly head: SegmentHead | undefined }> {
  const file = await files.open(path, 'existing');
  try {
    const head = decodeSegmentHead(await file.read(0, PAGE), crc32);
    if (head !== undefined && head.version !== FORMAT_VERSION) {
      throw new UserError(
        `Cannot read ${path}: it has format ${head.version}, and this program knows format ${FORMAT_VERSION} only`,
      );
    }
    return { size: await file.size(), head: head?.number === number ? head : undefined };
  } finally {
    await file.close();
  }
}

/** What the next segment says of this one; nothing if another, compacted since, was between them. */
function committedThrough(segment: Found, next: Found): number {
  return next.head?.previousNumber === segment.number ? next.head.previousSequence : Infinity;
}

function replay(
  found: Found,
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
  for (const frame of scan.records) options.onRecord(frame, found.number);
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
  files: Files,
): Promise<void> {
  const hasTail = segment.size < bytes.length;
  if (!isLast && !hasTail) return;
  const file = await files.open(segment.path, 'existing');
  try {
    if (hasTail) await file.truncate(segment.size);
    await file.sync();
  } finally {
    await file.close();
  }
}
