import { createHmac, randomBytes } from 'node:crypto';
import type { Duration } from '../base/duration.ts';
import { type LoginGuardLimits, LoginGuardState } from '../engine/login-guard/login-guard.ts';
import type { Clock } from '../port/clock.ts';

export interface LoginGuardOptions {
  readonly isLan: (address: string) => boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: LoginGuardLimits;
}

/** Watches failed logins over all mail protocols. The LAN is slowed down, but always let try: the owner is never locked out. */
export class LoginGuard {
  readonly #options: LoginGuardOptions;
  readonly #state: LoginGuardState;
  /** New at each start, so that what is kept of a tried password can be compared and nothing else. */
  readonly #key = randomBytes(32);

  constructor(options: LoginGuardOptions) {
    this.#options = options;
    this.#state = new LoginGuardState(options.limits);
  }

  /** Whether a login from there is tried at all. */
  admits(address: string): boolean {
    const { isLan, clock } = this.#options;
    return isLan(address) || this.#state.admits(address, clock.now());
  }

  /** Counts a failed login. @returns for how long its answer is to be held back */
  failed(address: string, login: { readonly username: string; readonly password: string }): Duration {
    const text = JSON.stringify([login.username, login.password]);
    const mark = createHmac('sha256', this.#key).update(text).digest('base64');
    return this.#state.failed(address, mark, this.#options.clock.now());
  }

  /** Tells of a login that fitted. */
  succeeded(address: string): void {
    this.#state.succeeded(address, this.#options.clock.now());
  }
}
