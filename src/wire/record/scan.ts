import { type Extent, committedCount } from './batch.ts';
import { type Frame, decodeFrame } from './frame.ts';
import { COMMIT, FRAME_ALIGNMENT, PAGE, type SegmentKey, alignUp } from './layout.ts';

export interface SegmentScan {
  /** Frames of committed records in order, views of the scanned bytes. Those with a damaged payload are among them. */
  readonly records: readonly Frame[];
  /** Committed bytes that cannot be read: damaged payloads, and ranges where frames are missing; length 0 if the end of the file is. */
  readonly damage: readonly Extent[];
  /** Where the committed part ends, a multiple of the page. What follows was never acknowledged. */
  readonly end: number;
  /** Sequence of the last committed frame, here or before. */
  readonly lastCommitted: number;
  /** The highest sequence of any frame, committed or not, here or before. */
  readonly lastSequence: number;
  /** Number of the last committed batch, 0 if there is none. */
  readonly lastBatch: number;
  /** That batch has a COMMIT frame and nothing else. */
  readonly isLastBatchEmpty: boolean;
}

/** What is known of a segment from the heads of it and its neighbours. */
export interface Committed {
  /** Sequence of the last record committed before this segment. */
  readonly before: number;
  /**
   * What the next segment's head says of this one: all sequences up to it were committed, later ones were refused and count for nothing.
   * Infinity if the segment is known to end with a committed batch. Undefined for the last segment, where a complete batch counts.
   */
  readonly through: number | undefined;
}

interface Batch {
  readonly number: number;
  readonly start: number;
  readonly frames: Frame[];
}

/**
 * Reads a whole segment, its first page included.
 *
 * A torn tail is told from damage by this: one batch is written and synced before the next is begun, so whatever stands before a frame of a later batch
 * was on stable storage. Only the last batch of a segment can be torn, and only if {@link Committed.through} does not say otherwise.
 */
export function scanSegment(bytes: Uint8Array, key: SegmentKey, { before, through }: Committed): SegmentScan {
  const { frames, gaps } = walk(bytes, key);
  const batches = group(frames);
  const kept = batches.filter((batch, index) => isCommitted(batch, index === batches.length - 1, through));
  const last = kept.at(-1);
  const lastCommitted = Math.max(before, lastSequence(last?.frames));
  const isWhole = reachesEnd(lastCommitted, through);
  const end = isWhole ? alignUp(bytes.length, PAGE) : endOf(last, batches[kept.length]);
  const damage = damageOf(
    kept,
    gaps.filter((gap) => gap.offset < end),
  );
  if (isWhole && through !== Infinity && damage.length === 0) {
    damage.push({ offset: bytes.length, length: 0 });
  }
  return {
    records: kept.flatMap((batch) => batch.frames.filter((frame) => frame.type !== COMMIT)),
    damage,
    end,
    lastCommitted,
    lastSequence: Math.max(before, lastSequence(frames)),
    lastBatch: last?.number ?? 0,
    isLastBatchEmpty: last?.frames[0]?.type === COMMIT,
  };
}

/** Whether all of the file counts as committed, because committed records are missing or must be at its end. */
function reachesEnd(lastCommitted: number, through: number | undefined): boolean {
  return through === Infinity || (through !== undefined && lastCommitted < through);
}

function lastSequence(frames: readonly Frame[] | undefined): number {
  return frames?.at(-1)?.sequence ?? 0;
}

/** All frames with an intact head, and the ranges between them where there are none. */
function walk(bytes: Uint8Array, key: SegmentKey): { readonly frames: Frame[]; readonly gaps: Extent[] } {
  const frames: Frame[] = [];
  const gaps: Extent[] = [];
  let at = PAGE;
  while (at < bytes.length) {
    const frame = decodeFrame(bytes, at, key);
    if (frame !== undefined && follows(frames.at(-1), frame)) {
      frames.push(frame);
      const end = at + frame.length;
      at = frame.type === COMMIT ? alignUp(end, PAGE) : end;
    } else {
      const next = findFrame(bytes, at + FRAME_ALIGNMENT, key);
      gaps.push({ offset: at, length: next - at });
      at = next;
    }
  }
  return { frames, gaps };
}

/** Offset of the next frame with an intact head, or the end of the bytes. */
function findFrame(bytes: Uint8Array, from: number, key: SegmentKey): number {
  for (let at = from; at < bytes.length; at += FRAME_ALIGNMENT) {
    if (decodeFrame(bytes, at, key) !== undefined) return at;
  }
  return bytes.length;
}

function follows(previous: Frame | undefined, frame: Frame): boolean {
  if (previous === undefined) return true;
  return frame.sequence > previous.sequence && frame.batch >= previous.batch;
}

function group(frames: readonly Frame[]): Batch[] {
  const batches: Batch[] = [];
  for (const frame of frames) {
    const batch = batches.at(-1);
    if (batch?.number === frame.batch) batch.frames.push(frame);
    else batches.push({ number: frame.batch, start: frame.offset, frames: [frame] });
  }
  return batches;
}

function isCommitted(batch: Batch, isLast: boolean, through: number | undefined): boolean {
  if (through !== undefined) return lastSequence(batch.frames) <= through;
  return !isLast || isComplete(batch);
}

/** Whether all records that the COMMIT frame speaks of are there, each with the right payload. */
function isComplete({ frames }: Batch): boolean {
  const [first, commit] = [frames[0], frames.at(-1)];
  if (first === undefined || commit?.type !== COMMIT) return false;
  const count = committedCount(commit.header);
  return (
    count === frames.length - 1 &&
    first.sequence === commit.sequence - count &&
    frames.every((frame) => frame.intact)
  );
}

/**
 * The page after the last committed batch; if whole batches between it and the first frame
 * that is not committed are gone, they belong to the committed part and the end is at that frame's page.
 */
function endOf(last: Batch | undefined, dropped: Batch | undefined): number {
  if (dropped !== undefined && dropped.number > (last?.number ?? 0) + 1)
    return dropped.start - (dropped.start % PAGE);
  const frame = last?.frames.at(-1);
  return frame === undefined ? PAGE : alignUp(frame.offset + frame.length, PAGE);
}

/** Gaps, damaged payloads, and batches that lack records although nothing unreadable stands in their place. */
function damageOf(batches: readonly Batch[], gaps: readonly Extent[]): Extent[] {
  const damage = [...gaps];
  for (const batch of batches) {
    const broken = batch.frames.filter((frame) => !frame.intact);
    for (const { offset, length } of broken) damage.push({ offset, length });
    const last = batch.frames.at(-1);
    const end = last === undefined ? batch.start : last.offset + last.length;
    const isExplained =
      broken.length > 0 || gaps.some((gap) => gap.offset <= end && gap.offset + gap.length >= batch.start);
    if (!isComplete(batch) && !isExplained) damage.push({ offset: batch.start, length: end - batch.start });
  }
  return damage.sort((a, b) => a.offset - b.offset);
}
