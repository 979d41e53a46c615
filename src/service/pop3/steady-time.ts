import { Days, type Duration, Hours, Milliseconds } from '../../base/duration.ts';
import { CLOCK_JUMP, EARLIEST_TIME, type Instant, Timestamp, after, between } from '../../base/instant.ts';
import { borneOut } from '../../engine/mail-retention.ts';
import type { Clock } from '../../port/clock.ts';

export interface SteadyTimeOptions {
  readonly clock: Pick<Clock, 'now' | 'wallTime'>;
  /** Dates that bear out how much time has passed before this program began to watch. */
  readonly dates: () => Iterable<Timestamp>;
}

/** How long a judgement by dates holds. */
const JUDGED_FOR = Hours(1);
/** A clock that has run for so long without a jump is taken to be right where it contradicts dates. */
const WATCHED_TIME = Days(30);
/** Times between jumps that are remembered; of more, the oldest is forgotten. */
const MOST_SPANS = 16;
const NO_TIME = Milliseconds(0);

interface Moment {
  readonly now: Instant;
  readonly time: Timestamp;
}

/** A time without a jump of the clock. When the jump between two was is not known: what lies between them belongs to both. */
interface Span {
  readonly from: Moment;
  readonly to: Moment;
  /** When the jump before it was noticed. */
  readonly noticed: Instant;
}

interface Judgement {
  readonly at: Instant;
  readonly from: Moment;
  readonly passed: ReadonlyMap<Timestamp, Duration>;
}

/** Tells how much time has certainly passed since a date, as far as removing mail by it: a wrong clock, set right a day later, would have removed all that was ever read. */
export class SteadyTime {
  readonly #options: SteadyTimeOptions;
  /** What this program has seen, the latest last. */
  #spans: readonly [...Span[], Span];
  #judged: Judgement | undefined;
  /** The latest date, which was a reading's or could have been one's. */
  #latest: Moment;

  constructor(options: SteadyTimeOptions) {
    this.#options = options;
    const moment = this.#moment();
    this.#spans = [{ from: moment, to: moment, noticed: moment.now }];
    let latest = moment.time;
    for (const at of options.dates()) if (at > latest) latest = at;
    this.#latest = { now: moment.now, time: latest };
  }

  /**
   * The date of a reading that is now: never before one that was earlier, as it would be with a clock that was put back. By such a date mail would go too early
   * once the clock is put right again.
   */
  dateOfReading(): Timestamp {
    const { now, time } = this.#moment();
    const dated = Math.max(time, after(this.#latest.time, between(this.#latest.now, now)));
    this.#latest = { now, time: Timestamp(dated) };
    // In whole milliseconds, as civil time is.
    return Timestamp(Math.floor(dated));
  }

  /** Whether dates that are later than now are those of a clock that was wrong. They are given up then. */
  givesUpDatesAhead(): boolean {
    const { noticed, to } = this.#watch();
    const isProven = between(noticed, to.now) >= WATCHED_TIME;
    if (isProven) this.#latest = to;
    return isProven;
  }

  /** How long ago a date was, at least. */
  passedSince(date: Timestamp): Duration {
    const { from, to } = this.#watch();
    // The first that fits: readings are not dated back by a clock that was put back.
    const span = this.#spans.find((one) => one.from.time <= date && date <= one.to.time);
    if (span !== undefined) return Milliseconds(between(span.to.now, to.now) + between(date, span.to.time));
    const before = this.#judge(from, to.now).get(date);
    return before === undefined ? NO_TIME : Milliseconds(before + between(from.now, to.now));
  }

  /** The span of now. */
  #watch(): Span {
    const last = this.#spans.at(-1) ?? this.#spans[0];
    const to = this.#moment();
    const unseen = between(last.to.now, to.now);
    const drift = between(last.from.time, to.time) - between(last.from.now, to.now);
    if (Math.abs(drift) <= CLOCK_JUMP) {
      const span = { ...last, to };
      this.#spans = [...this.#spans.slice(0, -1), span];
      return span;
    }
    const ended = { ...last, to: { now: to.now, time: after(last.to.time, unseen) } };
    const from = { now: last.to.now, time: Timestamp(to.time - unseen) };
    const span = { from, to, noticed: to.now };
    this.#spans = [...this.#spans.slice(0, -1), ended, span].slice(-MOST_SPANS) as [...Span[], Span];
    return span;
  }

  #judge(from: Moment, now: Instant): Judgement['passed'] {
    if (this.#judged?.from !== from || between(this.#judged.at, now) >= JUDGED_FOR) {
      const hasJumped = this.#spans.slice(0, -1).some((span) => span.to.time >= EARLIEST_TIME);
      const passed = borneOut(this.#options.dates(), { end: from.time, hasJumped });
      this.#judged = { at: now, from, passed };
    }
    return this.#judged.passed;
  }

  #moment(): Moment {
    const { clock } = this.#options;
    return { now: clock.now(), time: clock.wallTime() };
  }
}
