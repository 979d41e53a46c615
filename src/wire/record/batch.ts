import { FRAME_HEAD_SIZE, type JournalRecord, encodeFrameHead, frameLength } from './frame.ts';
import { COMMIT, PAGE, type SegmentKey, alignUp } from './layout.ts';

/** The COMMIT frame's header: how many records the batch has, u32. They have the sequences just before that of the COMMIT. */
const COMMIT_HEADER_SIZE = 4;
const ZEROS = new Uint8Array(PAGE);

/** Where a batch goes. */
export interface BatchPlace {
  /** Page-aligned, from the start of the segment. */
  readonly offset: number;
  readonly batch: number;
  /** Sequence of the first record; the COMMIT frame takes the one after the last. */
  readonly sequence: number;
  readonly key: SegmentKey;
}

/** Where a record lies in its segment: the whole frame. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

export interface EncodedBatch {
  /** What to write, in order. Payloads are the caller's own arrays, not copies. */
  readonly parts: readonly Uint8Array[];
  /** Of each record. */
  readonly extents: readonly Extent[];
  /** A multiple of the page. */
  readonly length: number;
  /** The sequence of the COMMIT frame. */
  readonly lastSequence: number;
}

/** Bytes that a batch of these records takes on the disk, whole pages. */
export function batchLength(records: readonly JournalRecord[]): number {
  let length = FRAME_HEAD_SIZE + COMMIT_HEADER_SIZE;
  for (const record of records) length += frameLength(record);
  return alignUp(length, PAGE);
}

/** Frames records and closes them with a COMMIT frame, so that they count all together or not at all. */
export function encodeBatch(records: readonly JournalRecord[], place: BatchPlace): EncodedBatch {
  const parts: Uint8Array[] = [];
  const extents: Extent[] = [];
  let at = place.offset;
  let sequence = place.sequence;
  const add = (record: JournalRecord): void => {
    const head = encodeFrameHead(record, { batch: place.batch, sequence }, place.key);
    const length = frameLength(record);
    parts.push(head);
    if (record.payload !== undefined && record.payload.length > 0) parts.push(record.payload);
    pad(length - head.length - (record.payload?.length ?? 0));
    extents.push({ offset: at, length });
    at += length;
    sequence += 1;
  };
  const pad = (length: number): void => {
    if (length > 0) parts.push(ZEROS.subarray(0, length));
  };
  for (const record of records) add(record);
  add({ type: COMMIT, header: commitHeader(records.length) });
  extents.pop();
  const end = alignUp(at, PAGE);
  pad(end - at);
  return { parts, extents, length: end - place.offset, lastSequence: sequence - 1 };
}

function commitHeader(count: number): Uint8Array {
  const header = new Uint8Array(COMMIT_HEADER_SIZE);
  new DataView(header.buffer).setUint32(0, count);
  return header;
}

/** The number of records that a COMMIT frame's header states. */
export function committedCount(header: Uint8Array): number {
  if (header.length !== COMMIT_HEADER_SIZE) return -1;
  return new DataView(header.buffer, header.byteOffset, COMMIT_HEADER_SIZE).getUint32(0);
}
