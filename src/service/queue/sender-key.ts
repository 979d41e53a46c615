import { createHmac } from 'node:crypto';
import type { KeyedHash } from '../../engine/mail-queue/srs.ts';
import type { Files } from '../../port/files.ts';
import type { Random } from '../../port/random.ts';

const FILE = 'mail/srs.key';
const LENGTH = 32;

/**
 * The hash of rewritten senders, with a key that is made once: it must be the same after a restart, or bounces on their way find
 * nobody. @throws KernelError when it can neither be read nor kept
 */
export async function openSenderKey(files: Files, random: Random): Promise<KeyedHash> {
  let key = await files.read(FILE);
  if (key?.length !== LENGTH) {
    key = random.bytes(LENGTH);
    await files.makeDirectory('mail');
    await files.replace(FILE, key);
  }
  const secret = key;
  return (text) => createHmac('sha256', secret).update(text).digest();
}
