import type { Pop3Message } from './options.ts';

/** The messages of a session under their numbers, which stay when others are marked as deleted (RFC 1939 §5). */
export class MessageList {
  readonly #messages: readonly Pop3Message[];
  readonly #deleted = new Set<Pop3Message>();

  constructor(messages: readonly Pop3Message[]) {
    this.#messages = messages;
  }

  /** The message with this number; undefined if there is none or it is marked as deleted. */
  at(number: number): Pop3Message | undefined {
    const message = this.#messages[number - 1];
    return message === undefined || this.#deleted.has(message) ? undefined : message;
  }

  markDeleted(message: Pop3Message): void {
    this.#deleted.add(message);
  }

  unmarkAll(): void {
    this.#deleted.clear();
  }

  get deleted(): readonly Pop3Message[] {
    return [...this.#deleted];
  }

  /** Number and octets of the messages not marked as deleted. */
  totals(): { readonly count: number; readonly octets: number } {
    let octets = 0;
    for (const message of this.#messages) if (!this.#deleted.has(message)) octets += message.size;
    return { count: this.#messages.length - this.#deleted.size, octets };
  }

  *numbered(): Generator<readonly [number, Pop3Message]> {
    for (const [index, message] of this.#messages.entries()) {
      if (!this.#deleted.has(message)) yield [index + 1, message];
    }
  }
}
