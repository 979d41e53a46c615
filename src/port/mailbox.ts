import type { Timestamp } from '../base/instant.ts';
import type { RemoteRecipient } from './mail-queue.ts';

/** Who sends what to whom, as agreed in the SMTP transaction (RFC 5321 section 4.1.1). At least one user or remote recipient. */
export interface Envelope {
  /** Reverse-path without brackets; empty for the null sender of bounces. */
  readonly sender: string;
  /** Names of local users, each once. */
  readonly users: readonly string[];
  /** Recipients elsewhere: each gets an entry of the queue. */
  readonly remote?: readonly RemoteRecipient[] | undefined;
  /** ENVID and RET (RFC 3461 sections 4.4 and 4.3) for the entries of the queue. */
  readonly envelopeId?: string | undefined;
  readonly returns?: 'full' | 'headers' | undefined;
  /** When the message came, if not now: it is brought back from an export or a backup. */
  readonly received?: Timestamp | undefined;
  /** A notice this host has made: it goes into a full mailbox too, as there is nobody who would keep it and try again. */
  readonly isNotice?: boolean | undefined;
}

/** A message in a user's mailbox. */
export interface StoredMessage {
  /** Unique for ever within the mailbox, printable, at most 70 characters (RFC 1939 section 7, UIDL). */
  readonly uid: string;
  /** Octets exactly as {@link Maildrop.read} yields them. */
  readonly size: number;
  readonly received: Timestamp;
}

/**
 * A large message, which nobody needs to have in memory as a whole. It may be read more than once, each time from the beginning. A piece that cannot be
 * read, or is not what was stored, ends the reading with an Error: what came before it is not the message then.
 */
export interface MailPieces extends AsyncIterable<Uint8Array> {
  /** Octets of all pieces together. */
  readonly length: number;
}

/** The octets of a message with CRLF line ends: at once, or in pieces where it is large. */
export type MailContent = Uint8Array | MailPieces;

/**
 * One user's mailbox as a reader sees it: a snapshot taken when it was opened. If it is shared, others may remove what is in it: then a message can be read no
 * more, and removing it again does nothing.
 */
export interface Maildrop {
  readonly messages: readonly StoredMessage[];
  /**
   * The message. All of it was read and checked when this resolves; with `top`, for whoever wants its beginning only, pieces come unchecked.
   * @throws MessageGoneError, and Error if it is damaged
   */
  read(uid: string, part?: 'whole' | 'top'): Promise<MailContent>;
  /** Removes messages in one committed record; when it returns the deletion is on stable storage. */
  remove(uids: readonly string[]): Promise<void>;
  /** Gives the lock back. Closing twice is allowed. */
  close(): void;
}

/** Somebody else who shares the mailbox has removed the message. */
export class MessageGoneError extends Error {
  override readonly name = 'MessageGoneError';
}

export interface MailboxSummary {
  readonly user: string;
  readonly messages: number;
  readonly octets: number;
}

/** The post office's storage. */
export interface MailStore {
  /**
   * Stores one message for all its users and, in the same commit, its entries of the queue: all or nothing. When the promise resolves it is on stable storage;
   * only then may 250 be said.
   * @throws StoreFullError when there is no room: answered with 452
   * @throws QuotaError when a mailbox would get too large; nothing is stored
   */
  deliver(envelope: Envelope, message: Uint8Array): Promise<void>;
  /**
   * Opens a mailbox, exclusively unless told otherwise (RFC 1939 section 4); undefined while another session holds it. Shared ones are in the way of an
   * exclusive one only.
   */
  open(user: string, access?: 'exclusive' | 'shared'): Promise<Maildrop | undefined>;
  summaries(): readonly MailboxSummary[];
}

/** A message that is concerned by damage, with what is known of it. */
export interface DamagedMessage {
  readonly uid: string;
  readonly size: number;
  readonly received: Timestamp;
  /** Who has it in their mailbox. */
  readonly users: readonly string[];
}

/** Bytes that were promised and cannot be read. */
export interface MailDamage {
  /** Of the file, below the data directory. */
  readonly path: string;
  readonly offset: number;
  /** 0 if the file ends before what it should hold, or is missing. */
  readonly length: number;
  /** Messages that lie there; others may be lost of which nothing is known any more. */
  readonly messages: readonly DamagedMessage[];
}

/** How the post office's storage does. */
export interface MailHealth {
  /** When all of it was last read and checked; undefined if that never came to its end. */
  readonly lastScrub: Timestamp | undefined;
  /** Damage found and still there. */
  readonly damage: readonly MailDamage[];
  /** One sentence for the owner; undefined if all is well. */
  readonly problem: string | undefined;
}

/** Mailboxes that a message does not fit into. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError';
  readonly users: readonly string[];

  constructor(message: string, users: readonly string[]) {
    super(message);
    this.users = users;
  }
}

/** The storage cannot take the message now; what is stored already is unharmed. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}
