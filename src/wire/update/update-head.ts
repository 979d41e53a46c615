import { concatBytes } from '../../base/bytes.ts';
import { Reader } from '../../base/reader.ts';
import { utf8 } from '../../base/text.ts';
import { Writer } from '../../base/writer.ts';

/**
 * An update file:
 * ```
 *  0  8 bytes   "GPUPDATE"
 *  8  u16       format version
 * 10  u16       reserved, 0
 * 12  u32       length of the manifest
 * 16  64 bytes  Ed25519 signature (RFC 8032) over bytes 0 to 15 and the manifest
 * 80            manifest, then the slot's content as one Zstandard frame (RFC 8878) to the end of the file
 * ```
 */
export const UPDATE_HEAD_SIZE = 80;
const UPDATE_FORMAT = 1;
const MAGIC = utf8('GPUPDATE');
const SIGNED_SIZE = 16;
const SIGNATURE_SIZE = 64;
/** The manifest of the largest slot has 8192 hashes of 67 characters. */
export const MAX_MANIFEST_SIZE = 2 ** 20;

export interface UpdateHead {
  readonly manifestSize: number;
  readonly signature: Uint8Array;
}

/** What the signature is over. */
export function signedPart(manifest: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.bytes(MAGIC);
  writer.u16(UPDATE_FORMAT);
  writer.u16(0);
  writer.u32(manifest.length);
  return concatBytes([writer.finish(), manifest]);
}

/** Everything in front of the content. */
export function encodeUpdateHead(manifest: Uint8Array, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const signed = signedPart(manifest);
  return concatBytes([signed.subarray(0, SIGNED_SIZE), signature, signed.subarray(SIGNED_SIZE)]);
}

/** @throws DecodeError if it is no update file, or one of a later format */
export function decodeUpdateHead(bytes: Uint8Array): UpdateHead {
  const reader = new Reader(bytes);
  return reader.within('update', () => {
    const magic = reader.bytes(MAGIC.length);
    if (MAGIC.some((byte, at) => byte !== magic[at])) throw reader.error('This is no update file');
    const format = reader.u16();
    if (format !== UPDATE_FORMAT) throw reader.error(`The format ${format} is not known`);
    reader.skip(2);
    const manifestSize = reader.u32();
    if (manifestSize > MAX_MANIFEST_SIZE)
      throw reader.error(`A manifest of ${manifestSize} bytes is too large`);
    const signature = reader.bytes(SIGNATURE_SIZE);
    return { manifestSize, signature };
  });
}
