import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../../port/random.ts';

/** The kernel's entropy through OpenSSL. */
export class NodeRandom implements Random {
  below(limit: number): number {
    return randomInt(limit);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(randomBytes(length));
  }
}
