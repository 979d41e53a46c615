import { decodeFrame } from '../../wire/record/frame.ts';
import { DamagedRecordError } from './damaged-record-error.ts';
import type { SegmentReaders } from './readers.ts';
import type { RecordPosition, Segment } from './segment.ts';

export interface RecordContent {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** Reads one record of a segment; its checksums are checked. @throws DamagedRecordError, KernelError */
export async function readRecord(
  readers: SegmentReaders,
  segment: Segment,
  { offset, length }: RecordPosition,
): Promise<RecordContent> {
  const bytes = await readers.read(segment, offset, length);
  const frame = segment.key === undefined ? undefined : decodeFrame(bytes, 0, segment.key);
  if (frame?.intact === true && frame.length === length) return frame;
  throw new DamagedRecordError(`Cannot read a record of ${segment.path} at ${offset}: its checksum is wrong`);
}
