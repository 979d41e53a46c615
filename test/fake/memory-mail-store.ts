import { Timestamp } from '../../src/base/instant.ts';
import {
  type Envelope,
  type MailStore,
  type MailboxSummary,
  type Maildrop,
  MessageGoneError,
  QuotaError,
  type StoredMessage,
} from '../../src/port/mailbox.ts';

interface Mailbox {
  readonly messages: { readonly stored: StoredMessage; readonly content: Uint8Array }[];
  /** Sessions that share it, Infinity for one that has it to itself. */
  sessions: number;
}

/** A post office in memory. What {@link failWith} holds is thrown by the next calls that write. */
export class MemoryMailStore implements MailStore {
  /** Every delivery, in order. */
  readonly deliveries: { readonly envelope: Envelope; readonly text: string }[] = [];
  /** Every removal, one entry a call. */
  readonly removals: (readonly string[])[] = [];
  failWith: Error | undefined;
  /** Users whose mailboxes are full. */
  readonly full = new Set<string>();
  /** Set to hold every delivery until it resolves. */
  gate: Promise<void> | undefined;
  readonly #mailboxes = new Map<string, Mailbox>();
  #nextUid = 1;

  async deliver(envelope: Envelope, message: Uint8Array): Promise<void> {
    await this.gate;
    if (this.failWith !== undefined) throw this.failWith;
    const full = envelope.isNotice === true ? [] : envelope.users.filter((user) => this.full.has(user));
    if (full.length > 0) throw new QuotaError('full', full);
    const content = message.slice();
    this.deliveries.push({ envelope, text: Buffer.from(content).toString('latin1') });
    for (const user of envelope.users) {
      const stored = { uid: `m${this.#nextUid++}`, size: content.length, received: Timestamp(0) };
      this.#mailbox(user).messages.push({ stored, content });
    }
  }

  async open(user: string, access: 'exclusive' | 'shared' = 'exclusive'): Promise<Maildrop | undefined> {
    const mailbox = this.#mailbox(user);
    if (mailbox.sessions > 0 && (access === 'exclusive' || mailbox.sessions === Infinity)) return undefined;
    mailbox.sessions += access === 'exclusive' ? Infinity : 1;
    const messages = mailbox.messages.map((message) => message.stored);
    return {
      messages,
      read: async (uid) => {
        const found = mailbox.messages.find((message) => message.stored.uid === uid);
        if (found === undefined)
          throw new MessageGoneError(`Cannot read ${uid}: it is not in the mailbox of ${user}`);
        return found.content;
      },
      remove: async (uids) => {
        if (this.failWith !== undefined) throw this.failWith;
        const left = uids.filter((uid) => mailbox.messages.some(({ stored }) => stored.uid === uid));
        if (left.length > 0) this.removals.push(left);
        const kept = mailbox.messages.filter((message) => !uids.includes(message.stored.uid));
        mailbox.messages.splice(0, mailbox.messages.length, ...kept);
      },
      close: () => {
        mailbox.sessions = mailbox.sessions === Infinity ? 0 : mailbox.sessions - 1;
      },
    };
  }

  summaries(): readonly MailboxSummary[] {
    return [...this.#mailboxes].map(([user, { messages }]) => ({
      user,
      messages: messages.length,
      octets: messages.reduce((sum, message) => sum + message.stored.size, 0),
    }));
  }

  /** What is in a mailbox, in its order. */
  uids(user: string): readonly string[] {
    return this.#mailbox(user).messages.map((message) => message.stored.uid);
  }

  /** Whether some session holds the mailbox. */
  isOpen(user: string): boolean {
    return this.#mailbox(user).sessions > 0;
  }

  #mailbox(user: string): Mailbox {
    const known = this.#mailboxes.get(user);
    if (known !== undefined) return known;
    const fresh: Mailbox = { messages: [], sessions: 0 };
    this.#mailboxes.set(user, fresh);
    return fresh;
  }
}
