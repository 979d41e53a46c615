import { createHmac, randomBytes } from 'node:crypto';
import { blockOf, clientOf } from './address-block.ts';
import type { Pop3Limits } from './limits.ts';
import type { Pop3Login } from './options.ts';

/** Watches failed logins over all connections. */
export interface Pop3LoginGuard {
  /** Whether a login from there is tried at all. */
  admits(address: string): boolean;
  /** Counts a failed login. @returns milliseconds for which its answer is to be held back */
  failed(address: string, login: Pop3Login): number;
  /** Tells of a login that fitted. */
  succeeded(address: string): void;
}

interface Failures {
  /** When the first of them was. */
  readonly since: number;
  /** What was tried, unreadable. A program that repeats an old password all day is one failure, not a thousand. */
  readonly tried: Set<string>;
  bannedUntil: number;
}

export interface LoginGuardOptions {
  readonly limits: Pop3Limits;
  readonly isTrusted: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Answers guessing by blocks of addresses, never by user: whoever guesses at the owner's name must not lock the owner out. Trusted addresses
 * are slowed down, but always tried.
 */
export class LoginGuard implements Pop3LoginGuard {
  readonly #options: LoginGuardOptions;
  readonly #blocks = new Map<string, Failures>();
  /** Clients that have logged in: they do not pay for their neighbours. */
  readonly #known = new Set<string>();
  /** New at each start, so that what is kept of a tried password can be compared and nothing else. */
  readonly #key = randomBytes(32);

  constructor(options: LoginGuardOptions) {
    this.#options = options;
  }

  admits(address: string): boolean {
    const { isTrusted, now } = this.#options;
    if (isTrusted(address)) return true;
    const failures = this.#blocks.get(this.#keyOf(address));
    return failures === undefined || now() >= failures.bannedUntil;
  }

  failed(address: string, login: Pop3Login): number {
    const { limits, isTrusted, now } = this.#options;
    if (isTrusted(address)) return limits.failedLoginDelay;
    const failures = this.#failures(this.#keyOf(address));
    failures.tried.add(this.#digest(login));
    const count = failures.tried.size;
    if (count >= limits.failedLoginsPerBlock) {
      failures.bannedUntil = now() + limits.loginBanTime;
      failures.tried.clear();
    }
    return Math.min(limits.longestLoginDelay, limits.failedLoginDelay * 2 ** (count - 1));
  }

  succeeded(address: string): void {
    const client = clientOf(address);
    this.#known.delete(client);
    this.#known.add(client);
    const [oldest] = this.#known;
    if (this.#known.size > this.#options.limits.trackedBlocks && oldest !== undefined)
      this.#known.delete(oldest);
  }

  #keyOf(address: string): string {
    const client = clientOf(address);
    return this.#known.has(client) ? client : blockOf(address);
  }

  #failures(block: string): Failures {
    const { limits, now } = this.#options;
    const known = this.#blocks.get(block);
    this.#blocks.delete(block);
    const isFresh = known !== undefined && now() - known.since < limits.loginBanTime;
    const failures = isFresh ? known : { since: now(), tried: new Set<string>(), bannedUntil: 0 };
    this.#blocks.set(block, failures);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > limits.trackedBlocks && oldest !== undefined) this.#blocks.delete(oldest);
    return failures;
  }

  #digest({ username, password }: Pop3Login): string {
    const text = JSON.stringify([username, password]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}
