import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import { DecodeError, UserError } from '../../base/errors.ts';
import { type UpdateManifest, decodeManifest } from '../../wire/update/manifest.ts';
import {
  UPDATE_HEAD_SIZE,
  type UpdateHead,
  decodeUpdateHead,
  signedPart,
} from '../../wire/update/update-head.ts';
import { UpdateStream } from './update-stream.ts';

/** An update whose maker is known. */
export interface OpenedUpdate {
  readonly manifest: UpdateManifest;
  readonly content: AsyncIterable<Uint8Array>;
}

/** DER of an Ed25519 public key in front of its 32 bytes (RFC 8410 section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A key as the board's description has it: its 32 bytes in base64. @throws UserError */
export function updateKey(text: string): KeyObject {
  const raw = Buffer.from(text, 'base64');
  if (raw.length !== 32)
    throw new UserError(
      `Cannot use the update key "${text}": it has ${raw.length} bytes, wanted are 32 in base64`,
    );
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}

/**
 * Reads the head of an update and believes it only when one of the keys has signed it: nothing of the manifest is even parsed
 * before. @throws UserError
 */
export async function openUpdate(
  file: AsyncIterable<Uint8Array>,
  keys: readonly KeyObject[],
): Promise<OpenedUpdate> {
  const stream = new UpdateStream(file);
  try {
    const head: UpdateHead = decodeUpdateHead(await stream.take(UPDATE_HEAD_SIZE));
    const manifest = await stream.take(head.manifestSize);
    const signed = signedPart(manifest);
    if (!keys.some((key) => verify(null, signed, key, head.signature)))
      throw new UserError(
        'Cannot update: the file is not signed by a key that this box trusts; get it from where the box is from',
      );
    const decoded = decodeManifest(manifest);
    return { manifest: decoded, content: exactly(stream.rest(), decoded.compressed) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new UserError(`Cannot update: the file is no update for this box (${error.message})`);
  }
}

/** The decompressor would stop at the end of its frame and say nothing of what is behind. */
async function* exactly(chunks: AsyncIterable<Uint8Array>, octets: number): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of chunks) {
    done += chunk.length;
    if (done > octets)
      throw new UserError('Cannot update: the file is longer than it says; copy or download it again');
    yield chunk;
  }
  if (done < octets)
    throw new UserError(
      'Cannot update: the file ends too early, it is not complete; copy or download it again',
    );
}
