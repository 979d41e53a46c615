import type { Timestamp } from '../base/instant.ts';

/** When messages were first read whole: what rules such as "30 days after the first reading" go by. */
export interface FirstReads {
  /** By UID, of the messages that are in the user's mailbox and were read: up to that time, where one is given. */
  of(user: string, through?: Timestamp): ReadonlyMap<string, Timestamp>;
  /** Of all users and their messages, in no order. */
  dates(): Iterable<Timestamp>;
  /** Remembers messages as read then, in one committed record that is forgotten with them. Those that were read before that time keep their own. */
  record(user: string, uids: readonly string[], at: Timestamp): Promise<void>;
}
