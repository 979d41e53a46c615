import { setImmediate as turn } from 'node:timers/promises';
import { type Duration, Milliseconds } from '../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../src/base/instant.ts';
import type { Cancel, Clock } from '../../src/port/clock.ts';

interface Wake {
  readonly at: Instant;
  readonly action: () => void;
}

/** A clock that stands still until a test moves it. The wall clock moves along and can be set apart. */
export class FakeClock implements Clock {
  #now: Instant;
  #wall: Timestamp;
  readonly #wakes = new Set<Wake>();

  constructor(start: Instant = Instant(1_000_000), wall: Timestamp = Timestamp(Date.UTC(2026, 0, 15, 12))) {
    this.#now = start;
    this.#wall = wall;
  }

  now(): Instant {
    return this.#now;
  }

  /** Whole milliseconds, as of the real one; the monotonic clock has fractions. */
  wallTime(): Timestamp {
    return Timestamp(Math.floor(this.#wall));
  }

  wake(at: Instant, action: () => void): Cancel {
    const wake = { at, action };
    this.#wakes.add(wake);
    return { cancel: () => void this.#wakes.delete(wake) };
  }

  /** Wakes asked for and neither fired nor cancelled. */
  get pending(): number {
    return this.#wakes.size;
  }

  /** Civil time jumps, as when the box learns the time; the monotonic clock does not notice. */
  setWallTime(wall: Timestamp): void {
    this.#wall = wall;
  }

  /** Lets everything that waits for no clock run to its end. */
  async settle(): Promise<void> {
    await turn();
    await turn();
  }

  /** Moves both clocks; wakes due on the way fire in order, each at its own time, with a {@link settle} between. */
  async advance(by: Duration): Promise<void> {
    const end = after(this.#now, by);
    await this.settle();
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#wakes.delete(next);
      this.#moveTo(next.at);
      next.action();
      await this.settle();
    }
    this.#moveTo(end);
  }

  #due(end: Instant): Wake | undefined {
    let first: Wake | undefined;
    for (const wake of this.#wakes) {
      if (wake.at <= end && (first === undefined || wake.at < first.at)) first = wake;
    }
    return first;
  }

  #moveTo(instant: Instant): void {
    if (instant <= this.#now) return;
    this.#wall = after(this.#wall, Milliseconds(instant - this.#now));
    this.#now = instant;
  }
}
