import type { Pop3Message, Pop3Outcome } from './options.ts';

/** The messages of a session under their numbers, which stay when others are marked as deleted (RFC 1939 §5). */
export class MessageList {
  readonly #messages: readonly Pop3Message[];
  readonly #deleted = new Set<Pop3Message>();
  readonly #retrieved = new Set<Pop3Message>();
  readonly #octets: number;
  #deletedOctets = 0;

  constructor(messages: readonly Pop3Message[]) {
    this.#messages = messages;
    this.#octets = messages.reduce((sum, { size }) => sum + size, 0);
  }

  /** The message with this number; undefined if there is none or it is marked as deleted. */
  at(number: number): Pop3Message | undefined {
    const message = this.#messages[number - 1];
    return message === undefined || this.#deleted.has(message) ? undefined : message;
  }

  /** The message must not be marked already. */
  markDeleted(message: Pop3Message): void {
    this.#deleted.add(message);
    this.#deletedOctets += message.size;
  }

  markRetrieved(message: Pop3Message): void {
    this.#retrieved.add(message);
  }

  /** Takes all marks of deletion back. What was read was read. */
  unmarkAll(): void {
    this.#deleted.clear();
    this.#deletedOctets = 0;
  }

  outcome(): Pop3Outcome {
    return {
      deleted: [...this.#deleted],
      retrieved: [...this.#retrieved].filter((message) => !this.#deleted.has(message)),
    };
  }

  /** Number and octets of the messages not marked as deleted. */
  totals(): { readonly count: number; readonly octets: number } {
    return {
      count: this.#messages.length - this.#deleted.size,
      octets: this.#octets - this.#deletedOctets,
    };
  }

  *numbered(): Generator<readonly [number, Pop3Message]> {
    for (const [index, message] of this.#messages.entries()) {
      if (!this.#deleted.has(message)) yield [index + 1, message];
    }
  }
}
