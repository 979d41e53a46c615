import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { UserError } from '../base/errors.ts';
import { asciiLower } from '../base/text.ts';
import type { Log } from '../port/log.ts';

/** A person who may log in. */
export interface Account {
  /** Lower case. */
  readonly name: string;
  /** `scrypt$N$r$p$SALT_BASE64$HASH_BASE64` */
  readonly password: string;
}

/**
 * RFC 7914 §2. 32 MiB and about 0.1 s for a check on a desktop, so that a stolen file is slow to guess from while a small board
 * can still check the logins of an office. A hash says its own cost: raising this leaves old ones valid.
 */
const COST = { N: 32_768, r: 8, p: 1 } as const;
/** Memory a stored hash may ask for: more can only be a mistake, and would stop the box. */
const MOST_MEMORY = 128 * 2 ** 20;
const MOST_P = 16;
const SALT_LENGTH = 16;
const HASH_LENGTH = 32;

/** Checks under way at a time: each takes memory and one of the few threads that also serve files. */
const MOST_CHECKS = 2;
/** Checks waiting for their turn. A further login is told to come back later. */
const MOST_WAITING = 32;
/** How many of them may be of strangers, so that they cannot keep the office out. */
const MOST_STRANGERS_WAITING = 24;

interface StoredHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const FORM =
  /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,2})\$((?:[A-Za-z0-9+/]{4}){2,22}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\$((?:[A-Za-z0-9+/]{4}){5,22}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/** RFC 7914 §2: N is a power of two; the memory taken is 128 * N * r. */
function isUsableCost(N: number, r: number, p: number): boolean {
  const isPower = N >= 2 && 2 ** Math.round(Math.log2(N)) === N;
  return isPower && r >= 1 && p >= 1 && p <= MOST_P && 128 * N * r <= MOST_MEMORY;
}

function parseHash(stored: string): StoredHash | undefined {
  const match = FORM.exec(stored);
  if (match === null) return undefined;
  const [N = 0, r = 0, p = 0] = match.slice(1, 4).map(Number);
  if (!isUsableCost(N, r, p)) return undefined;
  const [salt, hash] = match.slice(4).map((text) => Buffer.from(text, 'base64'));
  return salt === undefined || hash === undefined ? undefined : { N, r, p, salt, hash };
}

function derive(password: string, stored: Omit<StoredHash, 'hash'>, length: number): Promise<Buffer> {
  const { N, r, p, salt } = stored;
  // One of several spellings of the same letters, whichever keyboard they came from (RFC 8265 §4.2).
  const normal = Buffer.from(password.normalize('NFC'));
  return new Promise((resolve, reject) => {
    scrypt(normal, salt, length, { N, r, p, maxmem: 2 * MOST_MEMORY }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** What is stored instead of a password; never the same twice. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_LENGTH);
  const hash = await derive(password, { ...COST, salt }, HASH_LENGTH);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

// Nobody's password; checked when there is no such user, so that the time of an answer does not tell who exists.
const NOBODY: StoredHash = {
  ...COST,
  salt: Buffer.alloc(SALT_LENGTH),
  hash: Buffer.alloc(HASH_LENGTH),
};

async function matches(password: string, stored: StoredHash): Promise<boolean> {
  const hash = await derive(password, stored, stored.hash.length);
  return timingSafeEqual(hash, stored.hash);
}

/** Whether a stored hash has the form that a password can be checked against. */
export function isUsableHash(stored: string): boolean {
  return parseHash(stored) !== undefined;
}

/** Whether it is the password that was hashed. A hash that cannot be read fits no password, at the same cost. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parseHash(stored);
  const fits = await matches(password, parsed ?? NOBODY);
  return parsed !== undefined && fits;
}

export interface AccountsOptions {
  readonly users: readonly Account[];
  /** Domains of mail: `alice@office.example` may log in as `alice`. Lower case. */
  readonly domains: readonly string[];
  readonly log: Log;
}

/** Checks logins of all mail protocols. */
export class Accounts {
  readonly #hashes: ReadonlyMap<string, string>;
  readonly #domains: readonly string[];
  readonly #waiting: { readonly resume: () => void; readonly isTrusted: boolean }[] = [];
  #running = 0;

  constructor(options: AccountsOptions) {
    this.#hashes = new Map(options.users.map((user) => [user.name, user.password]));
    this.#domains = options.domains;
    for (const { name, password } of options.users) {
      if (parseHash(password) === undefined) {
        options.log.error(
          `The password hash of the user ${name} cannot be read: nobody can log in as ${name}`,
        );
      }
    }
  }

  /**
   * The name of the user if the password fits, as long and as dear for one who does not exist. Trusted ones go before strangers.
   * @throws UserError when too many logins wait already
   */
  async verify(login: string, password: string, isTrusted = false): Promise<string | undefined> {
    const name = this.#nameOf(login);
    const stored = this.#hashes.get(name);
    await this.#turn(isTrusted);
    try {
      const fits = await verifyPassword(password, stored ?? '');
      return stored !== undefined && fits ? name : undefined;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next.resume();
    }
  }

  #nameOf(login: string): string {
    const lower = asciiLower(login.trim());
    const at = lower.lastIndexOf('@');
    return at >= 0 && this.#domains.includes(lower.slice(at + 1)) ? lower.slice(0, at) : lower;
  }

  /** Resolves when a check may run; whoever is done hands its turn on. */
  async #turn(isTrusted: boolean): Promise<void> {
    if (this.#running < MOST_CHECKS) {
      this.#running++;
      return;
    }
    const strangers = this.#waiting.filter((one) => !one.isTrusted).length;
    const isFull = this.#waiting.length >= MOST_WAITING;
    if (isFull || (!isTrusted && strangers >= MOST_STRANGERS_WAITING)) {
      throw new UserError('Cannot check the password now: too many logins at once, try again later');
    }
    await new Promise<void>((resume) => {
      const behind = isTrusted ? this.#waiting.findIndex((one) => !one.isTrusted) : -1;
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { resume, isTrusted });
    });
  }
}
