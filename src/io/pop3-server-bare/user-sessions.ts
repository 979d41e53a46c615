import type { Pop3Limits } from './limits.ts';

interface Sessions {
  open: number;
  /** When the last one began. */
  lastLogin: number;
}

export interface UserSessionsOptions {
  readonly limits: Pop3Limits;
  readonly exclusive: boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Who has how many sessions, over all connections: the lock of RFC 1939 §4 and the pause of RFC 2449 §6.5. */
export class UserSessions {
  readonly #options: UserSessionsOptions;
  readonly #users = new Map<string, Sessions>();

  constructor(options: UserSessionsOptions) {
    this.#options = options;
  }

  /** Counts a session in if it may begin; then {@link leave} must follow. A number is the milliseconds that are to pass first. */
  enter(name: string, pause: number): 'entered' | 'in-use' | number {
    const { exclusive, now } = this.#options;
    const known = this.#users.get(name);
    if (exclusive && known !== undefined && known.open > 0) return 'in-use';
    const left = known === undefined ? 0 : known.lastLogin + pause - now();
    if (left > 0) return left;
    this.#users.delete(name);
    this.#users.set(name, { open: (known?.open ?? 0) + 1, lastLogin: now() });
    this.#forget();
    return 'entered';
  }

  leave(name: string): void {
    const known = this.#users.get(name);
    if (known !== undefined) known.open--;
  }

  /** Those with a session stay: there are no more of them than connections. */
  #forget(): void {
    if (this.#users.size <= this.#options.limits.trackedUsers) return;
    for (const [name, { open }] of this.#users) {
      if (open > 0) continue;
      this.#users.delete(name);
      return;
    }
  }
}
