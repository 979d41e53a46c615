import { randomBytes, scryptSync } from 'node:crypto';

const COST = { N: 16_384, r: 8, p: 1 };
const HASH_LENGTH = 32;

/** A password as the configuration keeps it: `scrypt$N$r$p$SALT$HASH`, salt and hash in base64. */
export function passwordHash(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, HASH_LENGTH, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$');
}
