import { Instant, Timestamp } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';

/** setTimeout takes a signed 32-bit count of milliseconds and fires at once beyond it. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The clocks and timers of the process. A wake keeps the process alive until it fires or is cancelled. */
export class NodeClock implements Clock {
  now(): Instant {
    return Instant(performance.now());
  }

  wallTime(): Timestamp {
    return Timestamp(Date.now());
  }

  wake(at: Instant, action: () => void): Cancel {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = Math.max(0, Math.ceil(at - performance.now()));
      timer = setTimeout(fire, Math.min(left, LONGEST_TIMER));
    };
    // A timer may fire a fraction of a millisecond early; an engine that was woken must find its time reached.
    const fire = (): void => (performance.now() < at ? arm() : action());
    arm();
    return { cancel: () => clearTimeout(timer) };
  }
}
