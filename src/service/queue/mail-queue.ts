import { type Duration, Milliseconds, Minutes, Seconds } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { type Instant, after, between } from '../../base/instant.ts';
import { isMisplaced } from '../../engine/mail-queue/back-off.ts';
import type { QueueLimits } from '../../engine/mail-queue/limits.ts';
import type { Routing } from '../../engine/mail-queue/routing.ts';
import {
  type DueEntry,
  QueueScheduler,
  type ScheduleEffect,
  type ScheduleEvent,
} from '../../engine/mail-queue/scheduler.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { QueueStore } from '../../port/mail-queue.ts';
import type { Random } from '../../port/random.ts';
import type { AttemptEnd, Attempts } from './attempts.ts';
import type { QueueDates } from './queue-dates.ts';
import { SenderDomains } from './sender-domains.ts';

export interface MailQueueParts {
  readonly store: QueueStore;
  readonly attempts: Attempts;
  readonly dates: QueueDates;
  readonly limits: QueueLimits;
  readonly routing: () => Routing;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The queue looks different now. */
  readonly onChange: () => void;
}

/** While some entries are due and wait for others, the list is looked at this often for what has become due meanwhile. */
const BUSY_REFRESH = Seconds(10);
/** Lists are made at most this often: each costs as much as the queue is long. */
const REFRESH_PAUSE = Milliseconds(100);
/** How often the queue is searched for entries that a wrong clock has put off. */
const CHECK_EVERY = Minutes(10);
/** The clock may jump: no sleep is longer than this. */
const LONGEST_SLEEP = Seconds(3600);

/** Runs the scheduler: tells it what is due, and carries out what it decides. */
export class MailQueue {
  readonly scheduler: QueueScheduler;
  readonly #parts: MailQueueParts;
  readonly #senderDomains: SenderDomains;
  readonly #running = new Set<Promise<void>>();
  #timer: Cancel | undefined;
  #nextTimer: Instant | undefined;
  #lastRefresh: Instant | undefined;
  #nextCheck: Instant | undefined;
  #isRefreshing = false;
  #wantsRefresh = false;
  #isClosed = false;

  constructor(parts: MailQueueParts) {
    this.#parts = parts;
    this.scheduler = new QueueScheduler(parts.limits);
    this.#senderDomains = new SenderDomains(parts.store);
  }

  /** Something new may be due: mail came in, or the owner changed something. */
  refresh(): void {
    if (this.#isClosed) return;
    this.#wantsRefresh = true;
    if (this.#isRefreshing) return;
    const now = this.#parts.clock.now();
    const earliest = this.#lastRefresh === undefined ? now : after(this.#lastRefresh, REFRESH_PAUSE);
    if (now < earliest) this.#sleepUntil(earliest);
    else void this.#refreshNow();
  }

  /** The Internet connection came or went. */
  setUplink(isUp: boolean): void {
    this.step({ kind: 'uplink', isUp });
    this.refresh();
  }

  /** Mail takes other ways from now on. */
  reroute(): void {
    this.step({ kind: 'rerouted' });
    this.refresh();
  }

  step(event: ScheduleEvent): void {
    if (this.#isClosed) return;
    const { clock, random } = this.#parts;
    const env = { now: clock.now(), time: clock.wallTime(), random };
    for (const effect of this.scheduler.step(event, env)) this.#carryOut(effect);
    const { nextWake } = this.scheduler;
    if (nextWake !== undefined) this.#sleepUntil(nextWake);
  }

  /** Begins nothing more, and resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.all(this.#running);
  }

  #carryOut(effect: ScheduleEffect): void {
    if (effect.kind === 'hasten') {
      this.#run(this.#hasten());
      return;
    }
    const { attempts } = this.#parts;
    const work = effect.kind === 'attempt' ? attempts.attempt(effect) : attempts.defer(effect);
    this.#run(this.#finish(effect, work));
  }

  async #finish(
    { attempt }: Extract<ScheduleEffect, { readonly attempt: number }>,
    work: Promise<AttemptEnd>,
  ): Promise<void> {
    let end: AttemptEnd = { hasNotices: false };
    try {
      end = await work;
    } catch (error) {
      this.#parts.log.error(`An attempt to deliver mail failed here: ${messageOf(error)}`);
    }
    const { hasNotices, ...ended } = end;
    this.step({ kind: 'ended', attempt, ...ended });
    this.#parts.onChange();
    if (hasNotices) this.refresh();
    else this.#sleepAsLongAsSensible();
  }

  #run(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #hasten(): Promise<void> {
    const { store, clock, log } = this.#parts;
    const now = clock.wallTime();
    const late = store
      .entries()
      .filter(({ id, isHeld, nextAttempt }) => !isHeld && nextAttempt > now && !this.scheduler.isTrying(id));
    try {
      if (late.length === 0) this.step({ kind: 'idle' });
      else
        await store.release(
          late.map(({ id }) => id),
          now,
        );
    } catch (error) {
      log.error(`Cannot try the mail in the queue at once: ${messageOf(error)}`);
    }
    this.refresh();
  }

  async #refreshNow(): Promise<void> {
    this.#isRefreshing = true;
    try {
      while (this.#wantsRefresh && !this.#isClosed) {
        this.#wantsRefresh = false;
        this.#lastRefresh = this.#parts.clock.now();
        await this.#parts.dates.putRight();
        await this.#putRight();
        this.step({ kind: 'due', entries: await this.#due() });
      }
    } catch (error) {
      this.#parts.log.error(`Cannot look through the queue: ${messageOf(error)}`);
    }
    this.#isRefreshing = false;
    this.#sleepAsLongAsSensible();
  }

  /** Entries put off by a clock that was wrong would wait for years. */
  async #putRight(): Promise<void> {
    const { store, clock, limits } = this.#parts;
    if (this.#nextCheck !== undefined && clock.now() < this.#nextCheck) return;
    this.#nextCheck = after(clock.now(), CHECK_EVERY);
    const now = clock.wallTime();
    const lost = store.entries().filter((entry) => !entry.isHeld && isMisplaced(entry, now, limits));
    if (lost.length > 0)
      await store.release(
        lost.map(({ id }) => id),
        now,
      );
  }

  async #due(): Promise<DueEntry[]> {
    const { store, clock, attempts, routing } = this.#parts;
    const due = store.due(clock.wallTime()).filter(({ id }) => attempts.isReadable(id));
    const rules = routing();
    const entries: DueEntry[] = [];
    for (const summary of due) {
      const sender = rules.needsSender ? await this.#senderDomains.of(summary) : '';
      const route = rules.routeFor(sender, summary.domain);
      entries.push({ summary, key: route.key, needsUplink: route.kind === 'mx' });
    }
    this.#senderDomains.retain(due);
    return entries;
  }

  #sleepAsLongAsSensible(): void {
    if (this.#isClosed || this.#isRefreshing) return;
    const { store, clock } = this.#parts;
    const next = store.nextAttempt();
    if (next === undefined) return;
    const [wait, now] = [between(clock.wallTime(), next), clock.now()];
    const sleep: Duration = wait > 0 ? Milliseconds(Math.min(wait, LONGEST_SLEEP)) : BUSY_REFRESH;
    this.#sleepUntil(after(now, sleep));
  }

  /** The earliest of what is asked for counts. */
  #sleepUntil(at: Instant): void {
    if (this.#isClosed || (this.#nextTimer !== undefined && this.#nextTimer <= at)) return;
    this.#timer?.cancel();
    this.#nextTimer = at;
    this.#timer = this.#parts.clock.wake(at, () => {
      this.#nextTimer = undefined;
      this.step({ kind: 'wake' });
      this.refresh();
    });
  }
}
