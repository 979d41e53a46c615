import { InvariantError } from '../../base/errors.ts';
import { written } from '../../base/writer.ts';
import { FRAME_ALIGNMENT, type SegmentKey, alignUp } from './layout.ts';

/**
 * ```
 *  0  u32  magic "GPRF"
 *  4  u8   type
 *  5  u8   reserved, 0
 *  6  u16  header length
 *  8  u32  payload length
 * 12  u32  batch, counted from 1 in each segment
 * 16  u64  sequence, strictly rising over the whole journal
 * 24  u32  CRC-32 of the payload
 * 28  u32  CRC-32 of bytes 0 to 27 and the header, seeded with the segment's salt
 * 32       header, payload, zeros to a multiple of 8
 * ```
 * The header is what the journal's owner needs to index the record; the payload is carried untouched.
 */
export const FRAME_HEAD_SIZE = 32;
const MAGIC = 0x4750_5246;
const MAX_HEADER = 0xffff;
const MAX_PAYLOAD = 0xffff_ffff;

/** One record as its owner gives it. */
export interface JournalRecord {
  /** 1 to 254. */
  readonly type: number;
  /** At most 65535 bytes. */
  readonly header: Uint8Array;
  /** Less than 4 GiB; undefined is the same as empty. */
  readonly payload?: Uint8Array | undefined;
}

/** A frame whose own fields and header are intact. */
export interface Frame {
  readonly type: number;
  readonly batch: number;
  readonly sequence: number;
  /** From the start of the segment. */
  readonly offset: number;
  /** Whole length with padding. */
  readonly length: number;
  /** Views of the segment's bytes. A payload cut off by the end of the bytes is shorter than it was. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  /** Whether the payload's checksum is right. */
  readonly intact: boolean;
}

/** Whole length of the frame of a record, with padding. */
export function frameLength(record: JournalRecord): number {
  return alignUp(FRAME_HEAD_SIZE + record.header.length + (record.payload?.length ?? 0), FRAME_ALIGNMENT);
}

/** The frame's first bytes, up to and with the header; the payload and the padding follow it on the disk. */
export function encodeFrameHead(
  record: JournalRecord,
  place: { readonly batch: number; readonly sequence: number },
  key: SegmentKey,
): Uint8Array {
  const { header, payload } = record;
  const payloadLength = payload?.length ?? 0;
  if (header.length > MAX_HEADER || payloadLength > MAX_PAYLOAD) {
    throw new InvariantError(
      `Cannot frame a record with ${header.length} bytes of header and ${payloadLength} of payload: at most ${MAX_HEADER} and ${MAX_PAYLOAD} fit`,
    );
  }
  const fields = written((writer) =>
    writer
      .u32(MAGIC)
      .u8(record.type)
      .u8(0)
      .u16(header.length)
      .u32(payloadLength)
      .u32(place.batch)
      .u64(BigInt(place.sequence))
      .u32(payload === undefined ? 0 : key.checksum(payload, 0)),
  );
  const seal = key.checksum(header, key.checksum(fields, key.salt));
  return written((writer) => writer.bytes(fields).u32(seal).bytes(header));
}

/** The frame that begins at `offset`, or undefined if none with an intact header does. */
export function decodeFrame(bytes: Uint8Array, offset: number, key: SegmentKey): Frame | undefined {
  // The search after damage asks this for every eighth byte of a segment, so the common answer comes first.
  if (bytes[offset] !== MAGIC >>> 24 || offset + FRAME_HEAD_SIZE > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, FRAME_HEAD_SIZE);
  if (view.getUint32(0) !== MAGIC) return undefined;
  const start = offset + FRAME_HEAD_SIZE;
  const headerLength = view.getUint16(6);
  if (start + headerLength > bytes.length) return undefined;
  const header = bytes.subarray(start, start + headerLength);
  const seal = key.checksum(header, key.checksum(bytes.subarray(offset, offset + 28), key.salt));
  if (seal !== view.getUint32(28)) return undefined;
  const payloadLength = view.getUint32(8);
  const payload = bytes.subarray(start + headerLength, start + headerLength + payloadLength);
  return {
    type: view.getUint8(4),
    batch: view.getUint32(12),
    sequence: Number(view.getBigUint64(16)),
    offset,
    length: alignUp(FRAME_HEAD_SIZE + headerLength + payloadLength, FRAME_ALIGNMENT),
    header,
    payload,
    intact: payload.length === payloadLength && key.checksum(payload, 0) === view.getUint32(24),
  };
}
