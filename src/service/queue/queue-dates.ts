import { counted } from '../../base/counted.ts';
import { Milliseconds, Minutes } from '../../base/duration.ts';
import { type Instant, type Timestamp, between } from '../../base/instant.ts';
import { JUMP, timesAfterJump, timesAtStart } from '../../engine/mail-queue/entry-times.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { EntryTimes, QueueStore, QueueSummary } from '../../port/mail-queue.ts';

export interface QueueDatesParts {
  readonly store: Pick<QueueStore, 'entries' | 'redate'>;
  readonly clock: Pick<Clock, 'now' | 'wallTime'>;
  readonly log: Log;
}

/** A list of all entries costs as much as the queue is long. */
const LOOK_EVERY = Minutes(1);

/** Entries that are dated anew in one commit: a long queue must not keep others from writing. */
const AT_ONCE = 500;

/** When the clock was last seen to be in step with the times of the entries. */
interface Look {
  readonly now: Instant;
  readonly time: Timestamp;
  readonly lastId: number;
}

interface Plan {
  /** That it leads to. */
  readonly look: Look;
  readonly moved: (readonly [id: number, times: EntryTimes])[];
}

/**
 * Keeps the times of the entries by the clock as it is now. Civil time is what they are stored in, as they must survive a restart, but it jumps: on a board it begins in
 * 1970 and is set later, and it may be wrong for a while.
 */
export class QueueDates {
  readonly #parts: QueueDatesParts;
  #look: Look | undefined;
  #unfinished: Plan | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: QueueDatesParts) {
    this.#parts = parts;
  }

  /** When it resolves, times of entries may be compared with the clock. @throws KernelError, StoreFullError: they may not */
  async putRight(): Promise<void> {
    const turn = this.#turn.then(() => this.#putRight());
    this.#turn = turn.catch(() => {});
    await turn;
  }

  async #putRight(): Promise<void> {
    const { store, log } = this.#parts;
    for (let plan = this.#plan(); plan !== undefined; plan = this.#plan()) {
      const { look, moved } = plan;
      this.#unfinished = plan;
      if (moved.length > 0)
        log.notice(
          `The clock was set: age and turn of ${counted(moved.length, 'message')} in the queue stay as they are`,
        );
      while (moved.length > 0) {
        await store.redate(new Map(moved.slice(0, AT_ONCE)));
        moved.splice(0, AT_ONCE);
      }
      this.#unfinished = undefined;
      this.#look = look;
    }
  }

  /** Undefined if there is nothing to do. What could not be finished goes on: nothing may be moved twice. */
  #plan(): Plan | undefined {
    if (this.#unfinished !== undefined) return this.#unfinished;
    const { store, clock } = this.#parts;
    const [now, time] = [clock.now(), clock.wallTime()];
    const timesOf = this.#rule(now, time);
    const isFresh = this.#look !== undefined && between(this.#look.now, now) < LOOK_EVERY;
    if (timesOf === undefined && isFresh) return undefined;
    const entries = store.entries();
    const moved: Plan['moved'] = [];
    for (const entry of entries) {
      const times = timesOf?.(entry);
      if (times !== undefined) moved.push([entry.id, times]);
    }
    return { look: { now, time, lastId: entries.at(-1)?.id ?? 0 }, moved };
  }

  /** Undefined if everything may stay. */
  #rule(now: Instant, time: Timestamp): ((entry: QueueSummary) => EntryTimes | undefined) | undefined {
    if (this.#look === undefined) return (entry) => timesAtStart(entry, time);
    const { lastId, ...before } = this.#look;
    const within = between(before.now, now);
    // In whole milliseconds, as civil time is.
    const by = Milliseconds(Math.round(between(before.time, time) - within));
    if (Math.abs(by) < JUMP) return undefined;
    return (entry) => timesAfterJump(entry, { by, within, lastId }, time);
  }
}
