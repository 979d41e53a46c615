import { crc32 } from 'node:zlib';
import type { SegmentKey } from '../../wire/record/layout.ts';

/** One file of a journal as the running program knows it. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Undefined if both copies of the head are damaged: nothing in it can be read. */
  readonly key: SegmentKey | undefined;
  /** Where the committed part ends. */
  size: number;
  /** Number of the last committed batch. */
  lastBatch: number;
  /** That batch has no records: it is there to prove that the one before it was acknowledged. */
  isWitnessed: boolean;
  /** Bytes of a refused batch may stand behind the committed part; only the next segment's head tells that they count for nothing. */
  hasResidue: boolean;
  /** Kept for ever as it is, for the owner to look at. */
  isDamaged: boolean;
  /** There is an index file for it. */
  isIndexed: boolean;
  /** Its name is gone, but not yet for certain. */
  isUnlinked: boolean;
}

/** Where a record lies: the whole frame. Compaction moves records. */
export interface RecordPosition {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** Bytes that were promised and cannot be read. */
export interface JournalDamage {
  /** Path of the segment. */
  readonly path: string;
  readonly offset: number;
  /** 0 if the file ends before what it should hold. */
  readonly length: number;
}

export function segmentKey(salt: number): SegmentKey {
  return { salt, checksum: crc32 };
}

/** `segment-00000042.log` */
export function segmentName(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(8, '0')}.log`;
}

/** `segment-00000042.idx`, the index file of a sealed segment. */
export function indexName(prefix: string, number: number): string {
  return segmentName(prefix, number).replace(/log$/, 'idx');
}

/** The number in a segment's name; undefined for other files of the directory. */
export function segmentNumber(prefix: string, name: string): number | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined;
  const match = /^(\d{8,15})\.log$/.exec(name.slice(prefix.length + 1));
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
