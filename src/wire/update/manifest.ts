import { DecodeError } from '../../base/errors.ts';
import { fromHex, toHex } from '../../base/hex.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';

/** What an update file says of the system in it. JSON, signed as a whole. */
export interface UpdateManifest {
  /** The boards it is for, by the name of their description. */
  readonly board: string;
  readonly version: string;
  /** The newest version of the configuration that it understands. */
  readonly configVersion: number;
  /** Octets of the slot's content, a multiple of 512. */
  readonly octets: number;
  /** Octets of it as it is in the file, compressed. */
  readonly compressed: number;
  /** Octets of a block; the last may be shorter. */
  readonly blockSize: number;
  /** SHA-256 of each block, 32 bytes. */
  readonly blocks: readonly Uint8Array[];
}

/** The largest system: cards of 1 GB are the smallest that are sold, and it is there twice. */
export const MAX_SLOT_OCTETS = 512 * 2 ** 20;
const MAX_BLOCK_SIZE = 4 * 2 ** 20;
const MIN_BLOCK_SIZE = 64 * 2 ** 10;
const SECTOR = 512;
const NAME = /^[a-z0-9][a-z0-9.+~-]{0,63}$/;
const HASH = /^[0-9a-f]{64}$/;

export function encodeManifest(manifest: UpdateManifest): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify({ ...manifest, blocks: manifest.blocks.map((hash) => toHex(hash)) }));
}

/** @throws DecodeError naming the field */
export function decodeManifest(bytes: Uint8Array): UpdateManifest {
  const fields = objectOf(bytes);
  const octets = numberOf(fields, 'octets', { least: SECTOR, most: MAX_SLOT_OCTETS });
  if (octets % SECTOR !== 0) throw wrong('octets', 'is no multiple of 512');
  const blockSize = numberOf(fields, 'blockSize', { least: MIN_BLOCK_SIZE, most: MAX_BLOCK_SIZE });
  if (blockSize % SECTOR !== 0) throw wrong('blockSize', 'is no multiple of 512');
  return {
    board: nameOf(fields, 'board'),
    version: nameOf(fields, 'version'),
    configVersion: numberOf(fields, 'configVersion', { least: 1, most: 65_535 }),
    octets,
    compressed: numberOf(fields, 'compressed', { least: 1, most: MAX_SLOT_OCTETS }),
    blockSize,
    blocks: hashesOf(fields['blocks'], Math.ceil(octets / blockSize)),
  };
}

function wrong(path: string, message: string): DecodeError {
  return new DecodeError(message, { offset: 0, path: `manifest/${path}` });
}

function objectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    throw new DecodeError('is no JSON', { offset: 0, path: 'manifest' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DecodeError('is no object', { offset: 0, path: 'manifest' });
  return value as Readonly<Record<string, unknown>>;
}

function numberOf(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw wrong(name, `is no number from ${least} to ${most}`);
  return value;
}

function nameOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !NAME.test(value)) throw wrong(name, 'is no name');
  return value;
}

function hashesOf(value: unknown, count: number): Uint8Array[] {
  if (!Array.isArray(value) || value.length !== count) throw wrong('blocks', `are not ${count}`);
  return value.map((text: unknown) => {
    if (typeof text !== 'string' || !HASH.test(text))
      throw wrong('blocks', 'hold something that is no SHA-256');
    return fromHex(text);
  });
}
