/** One message for one recipient elsewhere, on its way. */
export interface QueuedMail {
  readonly id: number;
  /** The same for all recipients of a message. */
  readonly message: number;
  /** Empty for notices. */
  readonly sender: string;
  readonly recipient: string;
  /** The domain of the recipient. */
  readonly destination: string;
  readonly octets: number;
  readonly accepted: string;
  /** Null while it is held. */
  readonly nextAttempt: string | null;
  readonly lastAttempt: string | null;
  readonly attempts: number;
  readonly state: 'waiting' | 'trying' | 'held';
  /** What came of the last attempt; empty before the first. */
  readonly reason: string;
}

/** What waits for one domain. */
export interface QueueDestination {
  readonly destination: string;
  readonly messages: number;
  readonly octets: number;
  readonly held: number;
  readonly oldest: string;
  /** Why nothing is sent there now; null if it is. */
  readonly problem: string | null;
  readonly nextTry: string | null;
}

/** Entries that a view shows in full at most; it always counts them all. */
export const MAX_LISTED_MAIL = 1000;

/** Mail for other hosts. */
export interface MailQueueView {
  /** Whether the queue knows of an Internet connection; without one nothing is sent to the Internet. */
  readonly isOnline: boolean;
  /** All entries; `entries` may hold fewer. */
  readonly total: number;
  readonly destinations: readonly QueueDestination[];
  readonly entries: readonly QueuedMail[];
}

/** `bounce` returns a message to its sender, `delete` takes it out without a word. */
export const MAIL_QUEUE_ACTIONS = ['retry', 'hold', 'release', 'delete', 'bounce'] as const;

export type MailQueueAction = (typeof MAIL_QUEUE_ACTIONS)[number];

/** Something that happened to a message on its way out. */
export interface MailHistoryEvent {
  readonly time: string;
  readonly recipient: string;
  /** `delivered`, `deferred`, `failed`, `expired`, or what the owner did: `held`, `released`, `retried`, `deleted`. */
  readonly what: string;
  readonly detail: string;
}
