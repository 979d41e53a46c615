import { type Instant, after } from '../../base/instant.ts';
import type { Random } from '../../port/random.ts';
import { retryDelay } from './back-off.ts';
import type { QueueLimits } from './limits.ts';

/** A destination no host of which could be reached when last tried. */
export interface DestinationFailure {
  readonly failures: number;
  /** When the first of these failures was. */
  readonly since: Instant;
  /** Until then nothing is sent there. */
  readonly until: Instant;
  /** Why, as it is shown with each message that waits for it. */
  readonly reason: string;
}

/** What is remembered of destinations: a dead host is left alone as a whole, not once for each message. In memory only. */
export class Destinations {
  readonly #limits: QueueLimits;
  readonly #failed = new Map<string, DestinationFailure>();

  /** Of destinations that answered: why hosts before the one that did not work. */
  readonly #passedOver = new Map<string, readonly string[]>();
  #lastAnswer: Instant | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  failure(key: string): DestinationFailure | undefined {
    return this.#failed.get(key);
  }

  /** When some destination last answered. */
  get lastAnswer(): Instant | undefined {
    return this.#lastAnswer;
  }

  all(): ReadonlyMap<string, DestinationFailure> {
    return this.#failed;
  }

  failed(key: string, reason: string, env: { readonly now: Instant; readonly random: Random }): void {
    const before = this.#failed.get(key);
    const failures = (before?.failures ?? 0) + 1;
    this.#failed.delete(key);
    this.#failed.set(key, {
      failures,
      since: before?.since ?? env.now,
      until: after(env.now, retryDelay(failures, env.random, this.#limits)),
      reason,
    });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > this.#limits.destinations && oldest !== undefined) this.#failed.delete(oldest);
  }

  /** By destination, where there is anything to say. */
  allPassedOver(): ReadonlyMap<string, readonly string[]> {
    return this.#passedOver;
  }

  /** `passedOver` as it is known now; undefined if that is as it was. */
  answered(key: string, now: Instant, passedOver?: readonly string[]): void {
    this.#failed.delete(key);
    if (passedOver !== undefined) this.#passedOver.delete(key);
    if (passedOver !== undefined && passedOver.length > 0) this.#passedOver.set(key, passedOver);
    const [oldest] = this.#passedOver.keys();
    if (this.#passedOver.size > this.#limits.destinations && oldest !== undefined)
      this.#passedOver.delete(oldest);
    this.#lastAnswer = now;
  }

  forget(key: string): void {
    this.#failed.delete(key);
    this.#passedOver.delete(key);
  }

  forgetAll(): void {
    this.#failed.clear();
    this.#passedOver.clear();
  }
}
