import { Hours } from '../../base/duration.ts';
import { type Instant, type Timestamp, between } from '../../base/instant.ts';
import { WATCHED_TIME, isBorneOut } from '../../engine/mail-retention.ts';
import type { Clock } from '../../port/clock.ts';

export interface SteadyTimeOptions {
  readonly clock: Pick<Clock, 'now' | 'wallTime'>;
  /** Dates that bear the time out. */
  readonly dates: () => Iterable<Timestamp>;
}

/** A clock that is put right by less than this has not jumped. */
const JUMP = Hours(1);
/** How long a judgement by dates holds. */
const JUDGED_FOR = Hours(1);

interface Moment {
  readonly now: Instant;
  readonly time: Timestamp;
}

/** Tells whether civil time may be believed as far as removing mail by it: a wrong clock, set right a day later, would have removed all that was ever read. */
export class SteadyTime {
  readonly #options: SteadyTimeOptions;
  /** Since when the clock has not jumped as far as this program has seen. */
  #since: Moment;
  #judged: { readonly at: Instant; readonly isBorneOut: boolean } | undefined;

  constructor(options: SteadyTimeOptions) {
    this.#options = options;
    this.#since = this.#moment();
  }

  get isSteady(): boolean {
    const moment = this.#moment();
    const passed = between(this.#since.now, moment.now);
    if (Math.abs(between(this.#since.time, moment.time) - passed) > JUMP) {
      this.#since = moment;
      this.#judged = undefined;
    } else if (passed >= WATCHED_TIME) return true;
    return this.#isBorneOut(moment);
  }

  #isBorneOut({ now, time }: Moment): boolean {
    if (this.#judged === undefined || between(this.#judged.at, now) >= JUDGED_FOR)
      this.#judged = { at: now, isBorneOut: isBorneOut(time, this.#options.dates()) };
    return this.#judged.isBorneOut;
  }

  #moment(): Moment {
    const { clock } = this.#options;
    return { now: clock.now(), time: clock.wallTime() };
  }
}
