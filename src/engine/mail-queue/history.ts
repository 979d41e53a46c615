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
const MAX_HISTORIES = 1000;
/** Events of a message; with more, the middle is forgotten: how it began and how it goes are kept. */
const MAX_EVENTS = 40;
const KEPT_FROM_START = 10;

interface Story {
  readonly events: HistoryEvent[];
  /** The entries of the queue that the message had. */
  readonly entries: Set<number>;
}

/** What happened to the latest messages. In memory: the log says it too. */
export class History {
  readonly #stories = new Map<number, Story>();
  readonly #messages = new Map<number, number>();

  add({ id, message }: { readonly id: number; readonly message: number }, event: HistoryEvent): void {
    const story = this.#stories.get(message) ?? { events: [], entries: new Set() };
    this.#stories.set(message, story);
    story.entries.add(id);
    this.#messages.set(id, message);
    story.events.push(event);
    if (story.events.length > MAX_EVENTS) story.events.splice(KEPT_FROM_START, 1);
    if (this.#stories.size > MAX_HISTORIES) this.#forgetOldest();
  }

  /** Of the message an entry is, or was, of. */
  of(id: number): readonly HistoryEvent[] {
    return this.#stories.get(this.#messages.get(id) ?? 0)?.events ?? [];
  }

  #forgetOldest(): void {
    const [oldest] = this.#stories;
    if (oldest === undefined) return;
    const [message, { entries }] = oldest;
    for (const id of entries) this.#messages.delete(id);
    this.#stories.delete(message);
  }
}
