import type { Timestamp } from '../../base/instant.ts';

/** Unique for ever in every mailbox: an id is never given twice by one store, the time tells it from those of a store that was replaced. */
export function uidOf(received: Timestamp, id: number): string {
  return `${received.toString(36)}-${id.toString(36)}`;
}

/** The id behind the dash of a UID; NaN, which is no message's, for what is none of ours. */
export function idOfUid(uid: string): number {
  return Number.parseInt(uid.slice(uid.lastIndexOf('-') + 1), 36);
}

/** A message as it stands in the list of a mailbox. Most sessions of a large one ask for no UID, or for a few: each is made when it is asked for. */
export class ListedMessage {
  readonly id: number;
  readonly size: number;
  readonly received: Timestamp;
  #uid: string | undefined;

  constructor(id: number, size: number, received: Timestamp) {
    this.id = id;
    this.size = size;
    this.received = received;
  }

  get uid(): string {
    return (this.#uid ??= uidOf(this.received, this.id));
  }
}

/** The message with this UID among messages in the order of their ids; undefined if there is none. */
export function findListed(messages: readonly ListedMessage[], uid: string): ListedMessage | undefined {
  const id = idOfUid(uid);
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  const found = messages[low];
  return found?.uid === uid ? found : undefined;
}
