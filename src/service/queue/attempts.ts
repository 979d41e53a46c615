import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import { retryDelay } from '../../engine/mail-queue/back-off.ts';
import type { QueueLimits } from '../../engine/mail-queue/limits.ts';
import { type Outcome, ownOutcome, reasonOf } from '../../engine/mail-queue/outcome.ts';
import type { Routing } from '../../engine/mail-queue/routing.ts';
import type { ScheduleEffect } from '../../engine/mail-queue/scheduler.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { QueueEntry, QueueStore } from '../../port/mail-queue.ts';
import type { MailContent } from '../../port/mailbox.ts';
import type { Random } from '../../port/random.ts';
import { splitMailbox } from '../../wire/smtp/mailbox-name.ts';
import { type Delivery, damagedOutcome } from './delivery.ts';
import { outgoingContent } from './outgoing-content.ts';
import type { Result, Settler } from './settler.ts';

export interface AttemptsParts {
  readonly store: QueueStore;
  readonly delivery: Delivery;
  readonly settler: Settler;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly routing: () => Routing;
  /** The sender to name to other hosts. */
  readonly senderFor: (sender: string) => string;
}

export interface AttemptEnd {
  readonly answered?: boolean | undefined;
  readonly reason?: string | undefined;
  /** Why hosts before the one that answered did not work. */
  readonly passedOver?: readonly string[] | undefined;
  /** Whether notices went into the queue. */
  readonly hasNotices: boolean;
}

const NOTHING: AttemptEnd = { hasNotices: false };

/** Carries out single attempts and deferrals, from reading the entries to recording what came of them. */
export class Attempts {
  readonly #parts: AttemptsParts;
  /** Entries whose records are damaged: they are left alone until the next start. */
  readonly #unreadable = new Set<number>();

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  isReadable(id: number): boolean {
    return !this.#unreadable.has(id);
  }

  async attempt({ ids }: Extract<ScheduleEffect, { kind: 'attempt' }>): Promise<AttemptEnd> {
    const entries = await this.#read(ids);
    const [first] = entries;
    if (first === undefined) return NOTHING;
    const { settler, store, delivery, routing, senderFor } = this.#parts;
    const message = await this.#message(first);
    if (message === undefined) {
      const results = entries.map((entry) => ({ entry, outcome: damagedOutcome() }));
      return { hasNotices: await settler.settle(results) };
    }
    const at = this.#parts.clock.wallTime();
    const next = after(at, retryDelay(first.attempts + 1, this.#parts.random, this.#parts.limits));
    await store.recordAttempt(
      entries.map(({ id }) => id),
      { at, next },
    );
    const tried = entries.map((entry) => ({ ...entry, attempts: entry.attempts + 1, lastAttempt: at }));
    const route = routing().routeFor(splitMailbox(first.sender).domain, first.domain);
    const { outcomes, answered, passedOver } = await delivery.run(route, {
      sender: senderFor(first.sender),
      recipients: tried.map(({ recipient: { address, notify, originalRecipient } }) => ({
        address,
        notify,
        originalRecipient,
      })),
      envelopeId: first.envelopeId,
      returns: first.returns,
      message: await outgoingContent(message),
    });
    const results = paired(tried, outcomes);
    const reason = outcomes[0] === undefined ? undefined : reasonOf(outcomes[0]);
    return { answered, reason, passedOver, hasNotices: await settler.settle(results, message) };
  }

  async defer({ ids, until, reason }: Extract<ScheduleEffect, { kind: 'defer' }>): Promise<AttemptEnd> {
    const entries = await this.#read(ids);
    const outcome = { ...saidBefore(reason), until };
    return { hasNotices: await this.#parts.settler.settle(entries.map((entry) => ({ entry, outcome }))) };
  }

  /** Without those that have ended or are held meanwhile. */
  async #read(ids: readonly number[]): Promise<QueueEntry[]> {
    const entries = await Promise.all(ids.map((id) => this.#readOne(id)));
    return entries.filter((entry) => entry !== undefined).filter(({ isHeld }) => !isHeld);
  }

  async #readOne(id: number): Promise<QueueEntry | undefined> {
    try {
      return await this.#parts.store.read(id);
    } catch (error) {
      this.#unreadable.add(id);
      this.#parts.log.error(`Cannot deliver entry ${id} of the queue: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #message({ id }: QueueEntry): Promise<MailContent | undefined> {
    try {
      return await this.#parts.store.readMessage(id);
    } catch (error) {
      this.#parts.log.error(`Cannot read the message of entry ${id} of the queue: ${messageOf(error)}`);
      return undefined;
    }
  }
}

function paired(entries: readonly QueueEntry[], outcomes: readonly Outcome[]): Result[] {
  return entries.flatMap((entry, index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [{ entry, outcome }];
  });
}

/** What is said of a destination is a whole reason already: its codes need not be told apart again. */
function saidBefore(reason: string): Outcome {
  const [, enhanced = '4.4.1', text = reason] = /^(?:\d{3} )?([45]\.\d+\.\d+) (.*)$/s.exec(reason) ?? [];
  return ownOutcome('deferred', enhanced, text);
}
