import type { Timestamp } from '../base/instant.ts';

/** Who sends what to whom, as agreed in the SMTP transaction (RFC 5321 section 4.1.1). */
export interface Envelope {
  /** Reverse-path without brackets; empty for the null sender of bounces. */
  readonly sender: string;
  /** Names of local users, each once. */
  readonly users: readonly string[];
}

/** A message in a user's mailbox. */
export interface StoredMessage {
  /** Unique for ever within the mailbox, printable, at most 70 characters (RFC 1939 section 7, UIDL). */
  readonly uid: string;
  /** Octets exactly as {@link Maildrop.read} yields them. */
  readonly size: number;
  readonly received: Timestamp;
}

/** One user's mailbox as a reader sees it: a snapshot taken when it was opened. */
export interface Maildrop {
  readonly messages: readonly StoredMessage[];
  /** The whole message with CRLF line ends. @throws Error if it is damaged */
  read(uid: string): Promise<Uint8Array>;
  /** Removes messages in one committed record; when it returns the deletion is on stable storage. */
  remove(uids: readonly string[]): Promise<void>;
  /** Gives the exclusive lock back. Closing twice is allowed. */
  close(): void;
}

export interface MailboxSummary {
  readonly user: string;
  readonly messages: number;
  readonly octets: number;
}

/** The post office's storage. */
export interface MailStore {
  /**
   * Stores one message for all its users. When the promise resolves it is on stable storage; only then may 250 be said.
   * @throws StoreFullError when there is no room: answered with 452
   */
  deliver(envelope: Envelope, message: Uint8Array): Promise<void>;
  /** Opens a mailbox exclusively (RFC 1939 section 4); undefined while another session holds it. */
  open(user: string): Promise<Maildrop | undefined>;
  summaries(): readonly MailboxSummary[];
}

/** The storage cannot take the message now; what is stored already is unharmed. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}
