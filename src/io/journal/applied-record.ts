import type { Frame } from '../../wire/record/frame.ts';
import type { IndexedRecord } from '../../wire/record/segment-index.ts';
import type { RecordPosition } from './segment.ts';

/** A committed record, as the journal's owner folds it into a state. */
export interface AppliedRecord {
  readonly type: number;
  /** Header and payload are lent for the time of the call. */
  readonly header: Uint8Array;
  /** Empty when the record comes from an index file: those hold headers only. */
  readonly payload: Uint8Array;
  /** Whether the payload is whole; the header always is. */
  readonly isIntact: boolean;
  readonly position: RecordPosition;
}

/** The record in a frame read from a segment. */
export function appliedRecord(frame: Frame, segment: number): AppliedRecord {
  const { type, header, payload, intact, offset, length } = frame;
  return { type, header, payload, isIntact: intact, position: { segment, offset, length } };
}

const NO_PAYLOAD = new Uint8Array();

/** A record as the index file of its segment knows it. */
export function indexedRecord(
  { type, header, offset, length }: IndexedRecord,
  segment: number,
): AppliedRecord {
  return { type, header, payload: NO_PAYLOAD, isIntact: true, position: { segment, offset, length } };
}
