import type { QueueStore, QueueSummary } from '../../port/mail-queue.ts';
import { splitMailbox } from '../../wire/smtp/mailbox-name.ts';

/** The domains of the senders of mail that is due: read once for each message, however often the list of the due is made. */
export class SenderDomains {
  readonly #store: Pick<QueueStore, 'read'>;
  readonly #byMessage = new Map<number, string>();

  constructor(store: Pick<QueueStore, 'read'>) {
    this.#store = store;
  }

  /** Messages that are remembered. */
  get size(): number {
    return this.#byMessage.size;
  }

  async of({ id, message }: Pick<QueueSummary, 'id' | 'message'>): Promise<string> {
    const known = this.#byMessage.get(message);
    if (known !== undefined) return known;
    // One that cannot be read is found out about when it is attempted.
    const entry = await this.#store.read(id).catch(() => undefined);
    const { domain } = splitMailbox(entry?.sender ?? '');
    this.#byMessage.set(message, domain);
    return domain;
  }

  /** Forgets all others: in a busy office there is always something due. */
  retain(due: readonly Pick<QueueSummary, 'message'>[]): void {
    if (this.#byMessage.size === 0) return;
    const wanted = new Set(due.map(({ message }) => message));
    for (const message of this.#byMessage.keys()) if (!wanted.has(message)) this.#byMessage.delete(message);
  }
}
