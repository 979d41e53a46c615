import { concatBytes } from '../../base/bytes.ts';
import { crc32 } from '../../base/crc32.ts';
import { DecodeError } from '../../base/errors.ts';
import { Reader } from '../../base/reader.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import { Writer } from '../../base/writer.ts';

/** A configuration outside any file system, next to the system that reads it. */
export interface ConfigCopy {
  /** Larger than in the copy before; 0 to 2^32 - 1. */
  readonly counter: number;
  /** The file as it is. */
  readonly text: string;
}

/** What a slot keeps free at its end, for two copies. */
export const CONFIG_COPIES_OCTETS = 4 * 2 ** 20;
/** The most that a copy may take. */
export const CONFIG_COPY_ROOM = CONFIG_COPIES_OCTETS / 2;
const MAGIC = utf8('GPCONFIG');
const CHECKED = 20;
const HEAD = 24;
const SECTOR = 512;

/**
 * ```
 *  0  8 bytes  "GPCONFIG"
 *  8  u32      counter
 * 12  u32      length of the content
 * 16  u32      CRC-32 of the content
 * 20  u32      CRC-32 of bytes 0 to 19
 * 24           content, UTF-8, then zeros to the end of the sector
 * ```
 */
export function encodeConfigCopy({ counter, text }: ConfigCopy): Uint8Array<ArrayBuffer> {
  const content = utf8(text);
  const head = new Writer(HEAD).bytes(MAGIC).u32(counter).u32(content.length).u32(crc32(content)).finish();
  const check = new Writer(4).u32(crc32(head)).finish();
  const size = Math.ceil((HEAD + content.length) / SECTOR) * SECTOR;
  const padding = new Uint8Array(size - HEAD - content.length);
  return concatBytes([head, check, content, padding]);
}

/** Octets of a copy from its first sector, without knowing that all of it is intact. @throws DecodeError if there is none */
export function configCopyLength(sector: Uint8Array): number {
  return HEAD + decodeHead(new Reader(sector)).length;
}

/** Reads a copy; what follows it is ignored. @throws DecodeError if it is damaged, or none */
export function decodeConfigCopy(bytes: Uint8Array): ConfigCopy {
  const reader = new Reader(bytes);
  const { counter, length, checksum } = decodeHead(reader);
  const content = reader.bytes(length);
  if (crc32(content) !== checksum) throw reader.error('The checksum of the content is wrong');
  return { counter, text: fromUtf8(content) };
}

interface Head {
  readonly counter: number;
  readonly length: number;
  readonly checksum: number;
}

function decodeHead(reader: Reader): Head {
  const checked = reader.bytes(CHECKED);
  if (reader.u32() !== crc32(checked))
    throw new DecodeError('There is no copy of a configuration', { offset: 0, path: 'configuration copy' });
  const head = reader.over(checked);
  const magic = head.bytes(MAGIC.length);
  if (MAGIC.some((byte, at) => byte !== magic[at])) throw head.error('This is something else');
  return { counter: head.u32(), length: head.u32(), checksum: head.u32() };
}
