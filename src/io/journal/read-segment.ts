import type { Files } from '../../port/files.ts';
import type { Extent } from '../../wire/record/batch.ts';
import { type SegmentScan, scanSegment } from '../../wire/record/scan.ts';
import type { Segment } from './segment.ts';

export interface WholeSegment {
  /** The committed part. */
  readonly bytes: Uint8Array;
  readonly scan: SegmentScan;
  /** Bytes that were committed and cannot be read. */
  readonly damage: readonly Extent[];
}

/** Reads all of a segment that is committed now and checks it; undefined if its head is lost. */
export async function readSegment(segment: Segment, files: Files): Promise<WholeSegment | undefined> {
  const { key, path, size } = segment;
  if (key === undefined) return undefined;
  const whole = (await files.read(path)) ?? new Uint8Array();
  const bytes = whole.subarray(0, size);
  const scan = scanSegment(bytes, key, { before: 0, through: Infinity });
  const isCutShort = bytes.length < size && scan.damage.length === 0;
  const damage = isCutShort ? [{ offset: bytes.length, length: 0 }] : scan.damage;
  return { bytes, scan, damage };
}
