import type { Outcome } from './outcome.ts';

/** Whether a host has said that it did not take the mail, now: nobody else gets it twice. Of a connection that broke, nobody knows. */
function isPutOff({ kind, reply }: Outcome): boolean {
  return kind === 'deferred' && reply.code >= 400 && reply.code < 500;
}

/**
 * What the hosts of a destination have said of the recipients of one message, as long as there is one left to ask: who is put off by a host
 * may be taken by the next (RFC 5321 section 5.1). Its refusal changes nothing, as it knows less than the one before it.
 */
export class Standings<T> {
  readonly #recipients: readonly T[];
  readonly #outcomes = new Map<T, Outcome>();

  constructor(recipients: readonly T[]) {
    this.#recipients = recipients;
  }

  /** Those another host may be asked for. */
  get open(): readonly T[] {
    return this.#recipients.filter((one) => {
      const outcome = this.#outcomes.get(one);
      return outcome === undefined || isPutOff(outcome);
    });
  }

  get hasAnswer(): boolean {
    return this.#outcomes.size > 0;
  }

  /** What a host has said of those that were open, in their order. */
  take(outcomes: readonly Outcome[]): void {
    for (const [index, one] of this.open.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined || (this.#outcomes.has(one) && outcome.kind !== 'delivered')) continue;
      this.#outcomes.set(one, outcome);
    }
  }

  /** Of each recipient, in their order; those nobody has answered for get `otherwise`. */
  outcomes(otherwise: Outcome): readonly Outcome[] {
    return this.#recipients.map((one) => this.#outcomes.get(one) ?? otherwise);
  }
}
