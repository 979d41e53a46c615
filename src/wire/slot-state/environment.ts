import { crc32 } from '../../base/crc32.ts';
import { DecodeError } from '../../base/errors.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';

const CHECKSUM_SIZE = 4;

/**
 * Variables as `env export -c` of U-Boot writes them and `env import -c` reads them:
 * ```
 * 0  u32  CRC-32 of all that follows, in the byte order of the processor: little-endian on all that Gatepost runs on
 * 4       "counter=0x2a" 00 "good=a" 00 00, in alphabetical order, then zeros
 * ```
 */
export function encodeEnvironment(
  variables: ReadonlyMap<string, string>,
  octets?: number,
): Uint8Array<ArrayBuffer> {
  const names = [...variables.keys()].toSorted();
  const text = utf8(`${names.map((name) => `${name}=${variables.get(name)}\0`).join('')}\0`);
  const block = new Uint8Array(octets ?? CHECKSUM_SIZE + text.length);
  block.set(text, CHECKSUM_SIZE);
  new DataView(block.buffer).setUint32(0, crc32(block.subarray(CHECKSUM_SIZE)), true);
  return block;
}

/** Reads such variables. @throws DecodeError if they are damaged */
export function decodeEnvironment(block: Uint8Array): Map<string, string> {
  const body = block.subarray(CHECKSUM_SIZE);
  if (
    block.length < CHECKSUM_SIZE ||
    new DataView(block.buffer, block.byteOffset).getUint32(0, true) !== crc32(body)
  )
    throw new DecodeError('The checksum is wrong', { offset: 0, path: 'environment' });
  const variables = new Map<string, string>();
  for (const text of fromUtf8(body).split('\0')) {
    if (text === '') break;
    const at = text.indexOf('=');
    if (at > 0) variables.set(text.slice(0, at), text.slice(at + 1));
  }
  return variables;
}
