import { Timestamp } from '../../base/instant.ts';
import { type Checksum, PAGE } from './layout.ts';

/**
 * ```
 *  0  8 bytes  magic "GPSEGMNT"
 *  8  u16      format version
 * 10  u16      reserved, 0
 * 12  u32      salt of the frame checksums
 * 16  u64      segment number
 * 24  u64      created, milliseconds since 1970
 * 32  u64      sequence that the segment's first record has at least
 * 40  u64      sequence of the last record committed before it; 0 if none
 * 48  u64      number of the segment that was the last one when this was created; 0 if none
 * 56  u32      reserved, 0
 * 60  u32      CRC-32 of bytes 0 to 59
 * ```
 * Written at offset 0 and again in the middle of the first page: without the salt no record of the segment could be read.
 */
export const HEAD_SIZE = 64;
const COPIES = [0, PAGE / 2] as const;
const MAGIC = 0x4750_5345_474d_4e54n;
export const FORMAT_VERSION = 1;

export interface SegmentHead {
  /** {@link FORMAT_VERSION} when written by this program; the other fields mean nothing for another version. */
  readonly version: number;
  readonly salt: number;
  readonly number: number;
  readonly created: Timestamp;
  readonly firstSequence: number;
  readonly previousSequence: number;
  readonly previousNumber: number;
}

/** The first page of a segment. */
export function encodeSegmentHead(
  head: Omit<SegmentHead, 'version'>,
  checksum: Checksum,
): Uint8Array<ArrayBuffer> {
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  view.setBigUint64(0, MAGIC);
  view.setUint16(8, FORMAT_VERSION);
  view.setUint32(12, head.salt);
  view.setBigUint64(16, BigInt(head.number));
  view.setBigUint64(24, BigInt(Math.floor(head.created)));
  view.setBigUint64(32, BigInt(head.firstSequence));
  view.setBigUint64(40, BigInt(head.previousSequence));
  view.setBigUint64(48, BigInt(head.previousNumber));
  view.setUint32(60, checksum(page.subarray(0, 60), 0));
  for (const copy of COPIES) page.copyWithin(copy, 0, HEAD_SIZE);
  return page;
}

/** Reads the first page of a segment; undefined if neither copy of the head is intact. */
export function decodeSegmentHead(page: Uint8Array, checksum: Checksum): SegmentHead | undefined {
  for (const copy of COPIES) {
    const head = decodeCopy(page.subarray(copy, copy + HEAD_SIZE), checksum);
    if (head !== undefined) return head;
  }
  return undefined;
}

function decodeCopy(bytes: Uint8Array, checksum: Checksum): SegmentHead | undefined {
  if (bytes.length < HEAD_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_SIZE);
  if (view.getBigUint64(0) !== MAGIC || checksum(bytes.subarray(0, 60), 0) !== view.getUint32(60))
    return undefined;
  return {
    version: view.getUint16(8),
    salt: view.getUint32(12),
    number: Number(view.getBigUint64(16)),
    created: Timestamp(Number(view.getBigUint64(24))),
    firstSequence: Number(view.getBigUint64(32)),
    previousSequence: Number(view.getBigUint64(40)),
    previousNumber: Number(view.getBigUint64(48)),
  };
}
