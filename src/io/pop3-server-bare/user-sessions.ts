import { setTimeout as pause } from 'node:timers/promises';
import type { Pop3Limits } from './limits.ts';

interface Sessions {
  open: number;
  /** When the last one began. */
  lastLogin: number;
  /** Called when one ends. */
  readonly waiting: Set<() => void>;
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

  /**
   * Counts a session in if it may begin; then {@link leave} must follow. Waits a while for another session of the user to end, unless `gone` says
   * that nobody wants it any more. A number is the milliseconds that are to pass first.
   */
  async enter(name: string, delay: number, gone: AbortSignal): Promise<'entered' | 'in-use' | number> {
    const { now, limits } = this.#options;
    const end = now() + limits.inUseWait;
    for (let other = this.#other(name); other !== undefined; other = this.#other(name)) {
      if (gone.aborted || now() >= end) return 'in-use';
      await this.#change(other, end - now(), gone);
    }
    const known = this.#users.get(name);
    const left = known === undefined ? 0 : known.lastLogin + delay - now();
    if (left > 0) return left;
    this.#users.delete(name);
    const waiting = known?.waiting ?? new Set();
    this.#users.set(name, { open: (known?.open ?? 0) + 1, lastLogin: now(), waiting });
    this.#forget();
    return 'entered';
  }

  leave(name: string): void {
    const known = this.#users.get(name);
    if (known === undefined) return;
    known.open--;
    for (const wake of known.waiting) wake();
  }

  /** The session that is in the way of another. */
  #other(name: string): Sessions | undefined {
    const known = this.#users.get(name);
    return this.#options.exclusive && known !== undefined && known.open > 0 ? known : undefined;
  }

  /** Waits for the end of a session, or for so many milliseconds, or until the client is gone. */
  async #change({ waiting }: Sessions, time: number, gone: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const wake = (): void => ended.abort();
    waiting.add(wake);
    await pause(time, undefined, { signal: AbortSignal.any([gone, ended.signal]) }).catch(() => {});
    waiting.delete(wake);
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
