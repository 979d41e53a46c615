import { type KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UserError, messageOf } from '../../src/base/errors.ts';

/** The key that updates and releases are signed with: Ed25519, PEM, as `openssl genpkey -algorithm ed25519` writes it. @throws UserError */
export function readSigningKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch (error) {
    throw new UserError(`Cannot read the signing key "${path}": ${messageOf(error)}`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new UserError(
      `Cannot sign with "${path}": it is a key for ${key.asymmetricKeyType}; "openssl genpkey -algorithm ed25519 -out FILE" makes one that fits`,
    );
  return key;
}

/** Its public half as the description of a board has it: 32 bytes in base64. */
export function publicKeyText(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
}
