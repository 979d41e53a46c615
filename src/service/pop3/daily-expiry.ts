import { Days, Hours } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { type Instant, after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { MailStore } from '../../port/mailbox.ts';
import type { Retention } from './retention.ts';

export interface DailyExpiryOptions {
  readonly store: Pick<MailStore, 'open' | 'summaries'>;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often it is looked whether a day is over: a box learns the time some while after its start. */
const LOOK_EVERY = Hours(1);
const EVERY = Days(1);

/**
 * Removes what has expired from the mailboxes of people who do not come for their mail. Once a day: who does come has it removed at the login, and a
 * mailbox in which nothing expires costs no write.
 */
export class DailyExpiry {
  readonly #options: DailyExpiryOptions;
  #wake: Cancel | undefined;
  #nextPass: Instant | undefined;
  #pass: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: DailyExpiryOptions) {
    this.#options = options;
  }

  /** The first pass is made at once; starting again changes nothing. */
  start(): void {
    const { clock } = this.#options;
    if (this.#isStopped) return;
    this.#pass = this.#pass.then(() => this.#look());
    this.#wake?.cancel();
    this.#wake = clock.wake(after(clock.now(), LOOK_EVERY), () => this.start());
  }

  /** Resolves when a pass under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake?.cancel();
    await this.#pass;
  }

  async #look(): Promise<void> {
    const { clock, retention, store, log } = this.#options;
    const isDue = this.#nextPass === undefined || clock.now() >= this.#nextPass;
    if (!isDue || !retention.knowsTime) return;
    this.#nextPass = after(clock.now(), EVERY);
    for (const { user } of store.summaries()) {
      if (this.#isStopped) return;
      try {
        await this.#expire(user);
      } catch (error) {
        log.warn(`Mail of ${user} whose time is over is not removed: ${messageOf(error)}`);
      }
    }
  }

  /** A mailbox that is in use has had its turn at the login. */
  async #expire(user: string): Promise<void> {
    const { retention, store } = this.#options;
    await retention.redate(user);
    if (!retention.mayExpire(user)) return;
    const maildrop = await store.open(user);
    try {
      if (maildrop !== undefined) await retention.expire(user, maildrop);
    } finally {
      maildrop?.close();
    }
  }
}
