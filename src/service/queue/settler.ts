import { collectBytes } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import { Minutes } from '../../base/duration.ts';
import { type Timestamp, after, between } from '../../base/instant.ts';
import { MAX_RETURNED } from '../../engine/mail-queue/compose-report.ts';
import type { History } from '../../engine/mail-queue/history.ts';
import type { QueueLimits } from '../../engine/mail-queue/limits.ts';
import { type Outcome, reasonOf } from '../../engine/mail-queue/outcome.ts';
import { type PlannedReport, type SettlePlan, settle } from '../../engine/mail-queue/settle.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { Notice, QueueEntry, QueueStore, Settlement } from '../../port/mail-queue.ts';
import { type MailContent, StoreFullError } from '../../port/mailbox.ts';
import type { Random } from '../../port/random.ts';
import type { Notices } from './notices.ts';
import type { QueueDates } from './queue-dates.ts';

export interface SettlerParts {
  readonly store: QueueStore;
  readonly notices: Notices;
  readonly dates: QueueDates;
  readonly history: History;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Resolves when the queue is being closed. */
  readonly closing: Promise<void>;
}

/** An entry with what came of it. */
export interface Result {
  readonly entry: QueueEntry;
  readonly outcome: Outcome;
}

/** A result that cannot be stored is tried again after this: forgotten, it would mean a duplicate. */
const STORE_PAUSE = Minutes(1);
const NO_ROOM_PAUSE = Minutes(30);
/** Octets of a large message in which its header is looked for, to return it. */
const LONGEST_HEADER = 64 * 1024;

/** Records what came of entries, together with the notices that follow from it. */
export class Settler {
  readonly #parts: SettlerParts;
  /** How to end each pause under way. */
  readonly #pauses = new Set<() => void>();
  #isClosing = false;

  constructor(parts: SettlerParts) {
    this.#parts = parts;
    void this.#endWith(parts.closing);
  }

  /** Asked once: a promise keeps everybody who ever asked it, and it may be years until this one ends. */
  async #endWith(closing: Promise<void>): Promise<void> {
    await closing;
    this.#isClosing = true;
    for (const end of this.#pauses) end();
  }

  /** Of any entries; one commit a message. `message` is theirs if it was read already. @returns whether notices went into the queue */
  async settle(results: readonly Result[], message?: MailContent): Promise<boolean> {
    let isQueued = false;
    for (const some of Map.groupBy(results, ({ entry }) => entry.message).values()) {
      isQueued = (await this.#settleMessage(some, message)) || isQueued;
    }
    return isQueued;
  }

  async #settleMessage(given: readonly Result[], message: MailContent | undefined): Promise<boolean> {
    const { store, clock, dates, random, limits } = this.#parts;
    const isDone = await this.#untilDone(() => dates.putRight());
    if (!isDone) return false;
    const all = given.map((result) => ({ ...result, entry: this.#dated(result.entry) }));
    // What the owner has deleted while it was being sent is told to nobody but him.
    const { left: results = [], gone = [] } = Object.groupBy(all, ({ entry }) =>
      store.find(entry.id) === undefined ? 'gone' : 'left',
    );
    const time = clock.wallTime();
    const plan = settle(results, { time, random, limits });
    const notices = await this.#noticesFor(plan, results, message);
    await this.#store(plan.settlements, notices);
    this.#tell(results, plan, time);
    this.#tell(gone, { settlements: [], reports: [] }, time);
    return notices.some(({ envelope }) => (envelope.remote ?? []).length > 0);
  }

  async #noticesFor(
    { reports }: SettlePlan,
    results: readonly Result[],
    message: MailContent | undefined,
  ): Promise<Notice[]> {
    const [first] = results;
    if (first === undefined || reports.length === 0) return [];
    const { entry } = first;
    const original = await this.#original(entry, message);
    const facts = { entry, sender: entry.sender, message: original, time: this.#parts.clock.wallTime() };
    return reports.flatMap((report: PlannedReport) => this.#parts.notices.make(report, facts) ?? []);
  }

  /** As much of the message as a notice may return: of a large one, the beginning. */
  async #original({ id }: QueueEntry, message: MailContent | undefined): Promise<Uint8Array | undefined> {
    try {
      const content = message ?? (await this.#parts.store.readMessage(id));
      if (content instanceof Uint8Array) return content;
      return await collectBytes(content, content.length > MAX_RETURNED ? LONGEST_HEADER : Infinity);
    } catch (error) {
      this.#parts.log.error(`Cannot return the message of entry ${id} of the queue: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #store(settlements: readonly Settlement[], notices: readonly Notice[]): Promise<void> {
    const { store } = this.#parts;
    await this.#untilDone(async () => {
      try {
        await store.settle(settlements, notices);
      } catch (error) {
        if (!(error instanceof StoreFullError) || notices.length === 0) throw error;
        await this.#store(this.#withoutRoom(settlements), []);
      }
    });
  }

  /** @returns whether it was done before the end of the queue */
  async #untilDone(work: () => Promise<void>): Promise<boolean> {
    do {
      try {
        await work();
        return true;
      } catch (error) {
        const { log } = this.#parts;
        log.error(`Cannot record what became of mail in the queue, trying again: ${messageOf(error)}`);
      }
      await this.#pause();
    } while (!this.#isClosing);
    return false;
  }

  /** Ends early with the queue. */
  async #pause(): Promise<void> {
    if (this.#isClosing) return;
    const { clock } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = clock.wake(after(clock.now(), STORE_PAUSE), resolve);
    this.#pauses.add(resolve);
    await promise;
    this.#pauses.delete(resolve);
    wake.cancel();
  }

  /** The clock may have been set since the entry was read. */
  #dated(entry: QueueEntry): QueueEntry {
    const accepted = this.#parts.store.find(entry.id)?.accepted ?? entry.accepted;
    if (accepted === entry.accepted || entry.lastAttempt === undefined) return { ...entry, accepted };
    return { ...entry, accepted, lastAttempt: after(entry.lastAttempt, between(entry.accepted, accepted)) };
  }

  /** What would end with a notice there is no room for stays until there is. */
  #withoutRoom(settlements: readonly Settlement[]): Settlement[] {
    const nextAttempt = after(this.#parts.clock.wallTime(), NO_ROOM_PAUSE);
    return settlements.map((one) => {
      if (one.outcome === 'delivered') return one;
      if (one.outcome === 'deferred') return withoutNotice(one);
      const reply = '4.3.1 There is no room to tell the sender that it failed';
      return { id: one.id, outcome: 'deferred', reply, nextAttempt };
    });
  }

  #tell(results: readonly Result[], { settlements }: SettlePlan, time: Timestamp): void {
    const { history, log } = this.#parts;
    for (const [index, { entry, outcome }] of results.entries()) {
      const what = settlements[index]?.outcome ?? outcome.kind;
      const { address: recipient } = entry.recipient;
      const detail = reasonOf(outcome);
      history.add(entry, { time, recipient, what, detail });
      const sentence = `Mail ${entry.id} from <${entry.sender}> to <${recipient}> is ${what}: ${detail}`;
      if (what === 'failed' || what === 'expired') log.notice(sentence);
      else log.info(sentence);
    }
  }
}

function withoutNotice(settlement: Extract<Settlement, { readonly outcome: 'deferred' }>): Settlement {
  const { isDelayNotified: _unsent, ...rest } = settlement;
  return rest;
}
