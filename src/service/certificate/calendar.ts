import { Days } from '../../base/duration.ts';
import { CLOCK_JUMP, type Instant, type Timestamp, between } from '../../base/instant.ts';
import type { Clock } from '../../port/clock.ts';
import { knowsTime } from './issue.ts';

/** What day it is. */
export interface CivilDate {
  readonly now: Timestamp;
  /** The clock, which knew the time, has just been set to another: nothing ends by it yet. */
  readonly isDoubtful: boolean;
}

/** Certificates are renewed months before they end: there is time to see whether a clock stays. */
const DOUBT = Days(1);

/** Tells what day it is, and whether that is new. */
export class Calendar {
  readonly #clock: Pick<Clock, 'now' | 'wallTime'>;
  #last: { readonly now: Instant; readonly time: Timestamp };
  #jumped: Instant | undefined;

  constructor(clock: Pick<Clock, 'now' | 'wallTime'>) {
    this.#clock = clock;
    this.#last = { now: clock.now(), time: clock.wallTime() };
  }

  today(): CivilDate {
    const [now, time] = [this.#clock.now(), this.#clock.wallTime()];
    const jump = between(this.#last.time, time) - between(this.#last.now, now);
    if (Math.abs(jump) > CLOCK_JUMP && knowsTime(this.#last.time)) this.#jumped = now;
    this.#last = { now, time };
    const isDoubtful = this.#jumped !== undefined && between(this.#jumped, now) < DOUBT;
    return { now: time, isDoubtful };
  }
}
