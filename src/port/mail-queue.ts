import type { Timestamp } from '../base/instant.ts';
import type { Envelope, MailContent } from './mailbox.ts';

/** What a sender wants to be told of (NOTIFY, RFC 3461 section 4.1); an empty list is NEVER. */
export type NotifyWish = 'success' | 'failure' | 'delay';

/** A recipient who is not a user here, as named in RCPT (RFC 5321 section 4.1.1.3). */
export interface RemoteRecipient {
  /** Without brackets, the domain in the form of the DNS. */
  readonly address: string;
  /** Undefined if the sender did not say: failure and delay then. */
  readonly notify?: readonly NotifyWish[] | undefined;
  /** ORCPT as it was given (RFC 3461 section 4.2): address type, `;`, xtext. */
  readonly originalRecipient?: string | undefined;
}

/** What planning needs of an entry of the queue: one message for one recipient. */
export interface QueueSummary {
  /** Given once, ever. */
  readonly id: number;
  /** The same for all entries of one message: same-domain recipients of it may share a transaction. */
  readonly message: number;
  /** Octets of the message. */
  readonly size: number;
  /** Of the recipient, in lower case. */
  readonly domain: string;
  readonly accepted: Timestamp;
  readonly nextAttempt: Timestamp;
  /** Begun so far. */
  readonly attempts: number;
  /** Held by the owner: never due until released. */
  readonly isHeld: boolean;
}

/** An entry in full. */
export interface QueueEntry extends QueueSummary {
  /** Reverse-path without brackets; empty for the null sender. */
  readonly sender: string;
  readonly recipient: RemoteRecipient;
  /** ENVID (RFC 3461 section 4.4). */
  readonly envelopeId: string | undefined;
  /** RET (RFC 3461 section 4.3). */
  readonly returns: 'full' | 'headers' | undefined;
  readonly lastAttempt: Timestamp | undefined;
  /** What came of the last attempt, as the other host or the queue said it; empty before the first result. */
  readonly lastReply: string;
  /** The sender was told of the delay. */
  readonly isDelayNotified: boolean;
}

/** When an entry came and when it is attempted next, by one clock. */
export type EntryTimes = Pick<QueueSummary, 'accepted' | 'nextAttempt'>;

/** What has become of an entry. All but `deferred` end it. */
export type Settlement =
  | { readonly id: number; readonly outcome: 'delivered' | 'failed' | 'expired' }
  | {
      readonly id: number;
      readonly outcome: 'deferred';
      readonly reply: string;
      readonly nextAttempt: Timestamp;
      /** Set when the sender is told of the delay by a notice in the same call; else as before. */
      readonly isDelayNotified?: boolean;
    };

/** A message that must be stored in the same commit as the settlements it tells of: a bounce, a delay notice. */
export interface Notice {
  readonly envelope: Envelope;
  readonly message: Uint8Array;
}

/**
 * Mail for other hosts on the post office's storage. Entries come in by {@link MailStore.deliver}. Every promise resolves when the change is on stable storage.
 * An entry that has ended meanwhile is passed over by all methods: whoever ends it first wins.
 */
export interface QueueStore {
  /** Entries to attempt now, the longest due first; held ones are not among them. */
  due(now: Timestamp, limit?: number): readonly QueueSummary[];
  /** When the next entry that is not held is due; undefined if there is none. */
  nextAttempt(): Timestamp | undefined;
  /** All entries, in order of their ids. */
  entries(): readonly QueueSummary[];
  find(id: number): QueueSummary | undefined;
  /** Undefined if it has ended. @throws Error if its record is damaged */
  read(id: number): Promise<QueueEntry | undefined>;
  /** The message of an entry; all of it was read and checked when this resolves. @throws Error if it is damaged, or the entry has ended */
  readMessage(id: number): Promise<MailContent>;
  /** Before dialling: counts an attempt of each and puts the next one off, so that a crash in the attempt means waiting, not hammering. */
  recordAttempt(
    ids: readonly number[],
    times: { readonly at: Timestamp; readonly next: Timestamp },
  ): Promise<void>;
  /** After an attempt, or at the end of an entry's time; all in one commit with the notices. @throws StoreFullError when there is no room for the notices */
  settle(settlements: readonly Settlement[], notices?: readonly Notice[]): Promise<void>;
  hold(ids: readonly number[]): Promise<void>;
  /** Makes entries due at a time, whether they were held or not. */
  release(ids: readonly number[], at: Timestamp): Promise<void>;
  /** Gives entries other times for the same moments: the clock was put right. */
  redate(times: ReadonlyMap<number, EntryTimes>): Promise<void>;
  /** Ends entries without a word to anybody. */
  remove(ids: readonly number[]): Promise<void>;
}
