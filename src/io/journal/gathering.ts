import { Milliseconds } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';

/** With fewer at a time a batch never waits for others. */
const LEAST_CROWD = 4;
/** Nobody waits for more than these: more of them in one batch would save little. */
const ENOUGH_APPENDS = 10;
const ENOUGH_OCTETS = 128 * 1024;
/** When nothing more has come for so long, nothing is waited for. */
const GAP = Milliseconds(2);
/** So many gaps in which something came, and no more: 16 ms. */
const MOST_GAPS = 8;

export interface WaitingAppends {
  readonly count: number;
  readonly octets: number;
}

/**
 * Lets a batch wait a moment for more appends when they have come in crowds just before. Without it, whoever is the first after a large batch gets a batch of its
 * own while all others wait for the next: small and large ones take turns, and every sync makes the file system write five blocks more. Twenty senders of
 * small messages need a quarter less writing with it and are served no later. Who appends alone never waits.
 */
export class Gathering {
  readonly #clock: Pick<Clock, 'now' | 'wake'>;
  /** How many appends were under way at a time lately. */
  #crowd = 0;
  #arrived: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'now' | 'wake'>) {
    this.#clock = clock;
  }

  /** After a batch: how many were in it and have come since it was begun. */
  learn(together: number): void {
    this.#crowd = Math.max(together, Math.floor(this.#crowd / 2));
  }

  /** To be called when something has been appended. */
  arrived(): void {
    this.#arrived?.();
  }

  /** Resolves when the next batch should begin. */
  async wait(waiting: () => WaitingAppends): Promise<void> {
    for (let gap = 0; gap < MOST_GAPS && !this.#isEnough(waiting()); gap++) {
      const before = waiting().count;
      await this.#untilEnough(waiting);
      if (waiting().count === before) return;
    }
  }

  #isEnough({ count, octets }: WaitingAppends): boolean {
    if (this.#crowd < LEAST_CROWD) return true;
    return count >= Math.min(this.#crowd, ENOUGH_APPENDS) || octets >= ENOUGH_OCTETS;
  }

  /** One gap at most. */
  async #untilEnough(waiting: () => WaitingAppends): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake: Cancel = this.#clock.wake(after(this.#clock.now(), GAP), resolve);
    this.#arrived = () => {
      if (this.#isEnough(waiting())) resolve();
    };
    await promise;
    this.#arrived = undefined;
    wake.cancel();
  }
}
