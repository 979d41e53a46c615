import { UserError } from '../../base/errors.ts';
import type { Timestamp } from '../../base/instant.ts';
import type { DestinationFailure } from '../../engine/mail-queue/destinations.ts';
import type { History, HistoryEvent } from '../../engine/mail-queue/history.ts';
import { ownOutcome } from '../../engine/mail-queue/outcome.ts';
import type { Routing } from '../../engine/mail-queue/routing.ts';
import {
  type QueueTrouble,
  lateDomains,
  lateTrouble,
  passedOverTroubles,
  severeTroubles,
} from '../../engine/mail-queue/troubles.ts';
import {
  MAX_LISTED_MAIL,
  type MailHistoryEvent,
  type MailQueueAction,
  type MailQueueView,
  type QueueDestination,
  type QueuedMail,
} from '../../port/mail-queue-view.ts';
import type { Clock } from '../../port/clock.ts';
import type { QueueEntry, QueueStore, QueueSummary } from '../../port/mail-queue.ts';
import type { MailQueue } from './mail-queue.ts';
import type { QueueDates } from './queue-dates.ts';
import type { Settler } from './settler.ts';

export interface QueueDeskParts {
  readonly store: QueueStore;
  readonly queue: MailQueue;
  readonly settler: Settler;
  readonly dates: QueueDates;
  readonly history: History;
  readonly routing: () => Routing;
  readonly clock: Clock;
}

function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}

/** What the owner sees of the queue and does to it. */
export class QueueDesk {
  readonly #parts: QueueDeskParts;

  constructor(parts: QueueDeskParts) {
    this.#parts = parts;
  }

  /** `most` entries are shown in full: each is read from the disk. */
  async view(most = MAX_LISTED_MAIL): Promise<MailQueueView> {
    const { store, queue, dates } = this.#parts;
    // A list with times that are not right is better than none.
    await dates.putRight().catch(() => {});
    const summaries = store.entries();
    const read = this.#needsSenders() ? MAX_LISTED_MAIL : most;
    const listed = await Promise.all(summaries.slice(0, read).map((one) => this.#listed(one)));
    return {
      isOnline: queue.scheduler.isUp,
      total: summaries.length,
      destinations: this.#destinations(summaries, listed),
      entries: listed.slice(0, most).filter((one) => one !== undefined),
    };
  }

  /** Why mail does not go out. */
  async troubles(): Promise<readonly QueueTrouble[]> {
    const { store, queue, clock, dates } = this.#parts;
    // A list with times that are not right is better than none.
    await dates.putRight().catch(() => {});
    const { isUp, destinations } = queue.scheduler;
    const { lastAnswer } = destinations;
    const facts = {
      isUp,
      lastAnswer,
      failures: destinations.all(),
      time: clock.wallTime(),
      entries: store.entries(),
    };
    const severe = severeTroubles(facts);
    if (severe.length > 0) return severe;
    const late = await Promise.all(
      lateDomains(facts).map(async (one) => {
        const entry = await store.read(one.oldest.id).catch(() => undefined);
        return lateTrouble(one, facts, entry?.lastReply ?? '');
      }),
    );
    return [...passedOverTroubles(destinations.allPassedOver()), ...late];
  }

  history(id: number): readonly MailHistoryEvent[] {
    return this.#parts.history.of(id).map(({ time, ...event }: HistoryEvent) => ({
      time: iso(time),
      ...event,
    }));
  }

  /** @throws UserError if there is no such entry, or it cannot be done just now */
  async act(action: MailQueueAction, id: number): Promise<void> {
    const { store, queue } = this.#parts;
    const entry = await this.#entry(id);
    if (action === 'bounce') await this.#bounce(entry);
    else await this.#change(action, entry);
    queue.refresh();
    if (action === 'bounce' || (action !== 'delete' && store.find(id) === undefined)) return;
    this.#note(entry, { retry: 'retried', hold: 'held', release: 'released', delete: 'deleted' }[action]);
  }

  async #change(
    action: Exclude<MailQueueAction, 'bounce'>,
    { id, sender, domain }: QueueEntry,
  ): Promise<void> {
    const { store, queue, clock, routing } = this.#parts;
    if (action === 'hold') return await store.hold([id]);
    if (action === 'delete') return await store.remove([id]);
    if (action === 'retry') {
      const { key } = routing().routeFor(domainOf(sender), domain);
      queue.step({ kind: 'forget', key });
    }
    await store.release([id], clock.wallTime());
  }

  async #bounce(entry: QueueEntry): Promise<void> {
    if (this.#parts.queue.scheduler.isTrying(entry.id)) {
      throw new UserError(`Cannot return message ${entry.id} now: it is being sent`);
    }
    const outcome = ownOutcome('failed', '5.7.0', 'The owner of this server has returned the message');
    await this.#parts.settler.settle([{ entry, outcome }]);
  }

  async #entry(id: number): Promise<QueueEntry> {
    const entry = await this.#parts.store.read(id);
    if (entry !== undefined) return entry;
    throw new UserError(`Cannot find message ${id} in the queue: "gatepost mail queue" lists what is there`);
  }

  #note(entry: QueueEntry, what: string): void {
    const time = this.#parts.clock.wallTime();
    const { recipient } = entry;
    this.#parts.history.add(entry, { time, recipient: recipient.address, what, detail: 'by the owner' });
  }

  /** Undefined if it has left, or cannot be read. */
  async #listed(summary: QueueSummary): Promise<QueuedMail | undefined> {
    let entry: QueueEntry | undefined;
    try {
      entry = await this.#parts.store.read(summary.id);
    } catch {
      return undefined;
    }
    if (entry === undefined) return undefined;
    const isTrying = this.#parts.queue.scheduler.isTrying(entry.id);
    const waiting = entry.isHeld ? 'held' : 'waiting';
    return {
      id: entry.id,
      message: entry.message,
      sender: entry.sender,
      recipient: entry.recipient.address,
      destination: entry.domain,
      octets: entry.size,
      accepted: iso(entry.accepted),
      nextAttempt: entry.isHeld ? null : iso(entry.nextAttempt),
      lastAttempt: entry.lastAttempt === undefined ? null : iso(entry.lastAttempt),
      attempts: entry.attempts,
      state: isTrying ? 'trying' : waiting,
      reason: entry.lastReply,
    };
  }

  /** Whether it takes the senders of what waits to say why nothing is sent to a destination. */
  #needsSenders(): boolean {
    const { queue, routing } = this.#parts;
    return routing().needsSender && queue.scheduler.destinations.all().size > 0;
  }

  #destinations(
    summaries: readonly QueueSummary[],
    listed: readonly (QueuedMail | undefined)[],
  ): QueueDestination[] {
    const { clock } = this.#parts;
    const senders = Map.groupBy(listed, (one) => one?.destination);
    return [...Map.groupBy(summaries, ({ domain }) => domain)].map(([destination, some]) => {
      const failure = this.#failure(destination, senders.get(destination) ?? []);
      const oldest = some.reduce((least, { accepted }) => Math.min(least, accepted), Infinity);
      const waits = failure === undefined ? 0 : Math.max(0, failure.until - clock.now());
      return {
        destination,
        messages: some.length,
        octets: some.reduce((sum, { size }) => sum + size, 0),
        held: some.filter(({ isHeld }) => isHeld).length,
        oldest: iso(oldest as Timestamp),
        problem: failure?.reason ?? null,
        nextTry: failure === undefined ? null : iso((clock.wallTime() + waits) as Timestamp),
      };
    });
  }

  /** Why nothing is sent to a domain now: by the ways that its mail takes, which may depend on who sends it. */
  #failure(domain: string, mail: readonly (QueuedMail | undefined)[]): DestinationFailure | undefined {
    const { queue, routing } = this.#parts;
    const senders = new Set(mail.map((one) => domainOf(one?.sender ?? '')));
    if (senders.size === 0) senders.add('');
    for (const sender of senders) {
      const failure = queue.scheduler.destinations.failure(routing().routeFor(sender, domain).key);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }
}

function domainOf(sender: string): string {
  return sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
}
