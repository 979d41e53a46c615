import type { Instant, Timestamp } from '../base/instant.ts';

/** Something under way that can be ended; ending twice is allowed. */
export interface Cancel {
  cancel(): void;
}

export interface Clock {
  /** Monotonic: for every duration, time-out and lease. */
  now(): Instant;
  /** Civil time: for logs, mail headers and what must survive a reboot. May jump. */
  wallTime(): Timestamp;
  /** Calls `action` once when the monotonic clock reaches `at` (at once if it has passed, never synchronously). */
  wake(at: Instant, action: () => void): Cancel;
}
