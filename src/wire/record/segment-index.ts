import { type Checksum, FRAME_ALIGNMENT } from './layout.ts';
import { HEAD_SIZE, type SegmentHead, decodeSegmentHead, encodeSegmentHead } from './segment-head.ts';

/**
 * What an opening has to know of a sealed segment, so that it need not read all of it. Disposable: it can be made again from the segment.
 *
 * ```
 *   0  8 bytes  magic "GPINDEX1"
 *   8  u32      number of records
 *  12  u32      last batch
 *  16  u64      where the committed part ends
 *  24  u64      sequence of the last committed frame
 *  32  u64      the highest sequence of any frame
 *  40  64       the segment's head
 * 104           of each record: offset / 8 u32, length / 8 u32, type u8, reserved u8, header length u16, header
 *  -4  u32      CRC-32 of all before
 * ```
 */
const MAGIC = 0x4750_494e_4445_5831n;
const HEAD_AT = 40;
const RECORDS_AT = HEAD_AT + HEAD_SIZE;
const RECORD_SIZE = 12;
const CRC_SIZE = 4;

/** A record without its payload. */
export interface IndexedRecord {
  readonly type: number;
  readonly header: Uint8Array;
  /** From the start of the segment, and the whole length of the frame. */
  readonly offset: number;
  readonly length: number;
}

export interface SegmentIndex {
  readonly head: Omit<SegmentHead, 'version'>;
  readonly lastBatch: number;
  readonly end: number;
  readonly lastCommitted: number;
  readonly lastSequence: number;
  /** In order. Decoded ones are made one by one, and their headers are views: a large store has hundreds of thousands. */
  readonly records: Iterable<IndexedRecord>;
}

export function encodeSegmentIndex(index: SegmentIndex, checksum: Checksum): Uint8Array<ArrayBuffer> {
  let [length, count] = [RECORDS_AT + CRC_SIZE, 0];
  for (const { header } of index.records) {
    length += RECORD_SIZE + header.length;
    count += 1;
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, MAGIC);
  view.setUint32(8, count);
  view.setUint32(12, index.lastBatch);
  view.setBigUint64(16, BigInt(index.end));
  view.setBigUint64(24, BigInt(index.lastCommitted));
  view.setBigUint64(32, BigInt(index.lastSequence));
  bytes.set(encodeSegmentHead(index.head, checksum).subarray(0, HEAD_SIZE), HEAD_AT);
  let at = RECORDS_AT;
  for (const { type, header, offset, length } of index.records) {
    view.setUint32(at, offset / FRAME_ALIGNMENT);
    view.setUint32(at + 4, length / FRAME_ALIGNMENT);
    view.setUint8(at + 8, type);
    view.setUint16(at + 10, header.length);
    bytes.set(header, at + RECORD_SIZE);
    at += RECORD_SIZE + header.length;
  }
  view.setUint32(at, checksum(bytes.subarray(0, at), 0));
  return bytes;
}

/** Undefined if it is not an index, or not whole. */
export function decodeSegmentIndex(bytes: Uint8Array, checksum: Checksum): SegmentIndex | undefined {
  const end = bytes.length - CRC_SIZE;
  if (end < RECORDS_AT) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getBigUint64(0) !== MAGIC) return undefined;
  if (checksum(bytes.subarray(0, end), 0) !== view.getUint32(end)) return undefined;
  const head = decodeSegmentHead(bytes.subarray(HEAD_AT, RECORDS_AT), checksum);
  if (head === undefined || countRecords(view, end) !== view.getUint32(8)) return undefined;
  return {
    head,
    lastBatch: view.getUint32(12),
    end: Number(view.getBigUint64(16)),
    lastCommitted: Number(view.getBigUint64(24)),
    lastSequence: Number(view.getBigUint64(32)),
    records: { [Symbol.iterator]: () => decodeRecords(bytes, end) },
  };
}

/** -1 if the last does not end where it should. */
function countRecords(view: DataView, end: number): number {
  let [at, count] = [RECORDS_AT, 0];
  for (; at + RECORD_SIZE <= end; count++) at += RECORD_SIZE + view.getUint16(at + 10);
  return at === end ? count : -1;
}

function* decodeRecords(bytes: Uint8Array, end: number): Generator<IndexedRecord> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = RECORDS_AT; at < end;) {
    const [start, length] = [at + RECORD_SIZE, view.getUint16(at + 10)];
    yield {
      type: view.getUint8(at + 8),
      header: bytes.subarray(start, start + length),
      offset: view.getUint32(at) * FRAME_ALIGNMENT,
      length: view.getUint32(at + 4) * FRAME_ALIGNMENT,
    };
    at = start + length;
  }
}
