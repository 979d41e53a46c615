import type { Timestamp } from '../../base/instant.ts';

/** Something that happened to a message on its way out. */
export interface HistoryEvent {
  readonly time: Timestamp;
  readonly recipient: string;
  /** `accepted`, `delivered`, `deferred`, `failed`, `expired`, `held`, `released`, `deleted`. */
  readonly what: string;
  readonly detail: string;
}

/** Messages remembered, also those that have left the queue; with more, the oldest is forgotten. */
export const MAX_HISTORIES = 1000;
/** Events of a message; with more, the middle is forgotten: how it began and how it goes are kept. */
export const MAX_EVENTS = 40;
const KEPT_FROM_START = 10;

/** What happened to the latest messages. In memory: the log says it too. */
export class History {
  readonly #events = new Map<number, HistoryEvent[]>();

  add(message: number, event: HistoryEvent): void {
    const events = this.#events.get(message) ?? [];
    this.#events.set(message, events);
    events.push(event);
    if (events.length > MAX_EVENTS) events.splice(KEPT_FROM_START, 1);
    const [oldest] = this.#events.keys();
    if (this.#events.size > MAX_HISTORIES && oldest !== undefined) this.#events.delete(oldest);
  }

  of(message: number): readonly HistoryEvent[] {
    return this.#events.get(message) ?? [];
  }
}
