/*
 * What the control API carries of mailboxes: plain JSON values.
 */

/** A message in a mailbox, without a word of what it says. */
export interface ListedMail {
  readonly uid: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly received: number;
}

/** A part of the list of a mailbox, the oldest first. */
export interface MailList {
  readonly messages: readonly ListedMail[];
  /** Whether there are more behind the last of these. */
  readonly more: boolean;
}

/** How the storage of mail does. */
export interface MailStoreStatus {
  /** When every byte was last checked; null if that never came to its end. */
  readonly lastCheck: string | null;
  /** One sentence; null if all is well. */
  readonly problem: string | null;
  readonly damage: readonly {
    /** Of the file, below the data directory. */
    readonly path: string;
    readonly offset: number;
    /** 0 for a whole file. */
    readonly length: number;
    readonly messages: readonly (ListedMail & { readonly users: readonly string[] })[];
  }[];
}

/** A message to put into a mailbox as it is. */
export interface MessageToStore {
  /** Milliseconds since 1970; null for now. */
  readonly received: number | null;
  /** The message, or a piece of it, in base64. */
  readonly content: string;
}

/** Octets of messages, or of a piece of one, that one call may carry: it goes through the process that keeps the network. */
export const MAX_CARRIED = 1024 * 1024;
/** Messages that one call may carry. */
export const MAX_CARRIED_MESSAGES = 64;

/** Messages to store, in their order; or one that is too long for a call, piece by piece. */
export type MailImport =
  | { readonly messages: readonly MessageToStore[] }
  | {
      readonly piece: MessageToStore & {
        /** The number that the answer to the first piece gave; null for the first. */
        readonly upload: number | null;
        readonly isLast: boolean;
      };
    };

export interface MailImported {
  /** Messages that were stored. */
  readonly stored: number;
  /** For the next piece; null when there is none to come. */
  readonly upload: number | null;
  /** Why not all are stored; null if they are. */
  readonly problem: string | null;
}
