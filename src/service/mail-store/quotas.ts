import { QuotaError } from '../../port/mailbox.ts';

/** Octets that a user's mailbox may hold; Infinity for no limit. */
export type QuotaOf = (user: string) => number;

/** Keeps mailboxes below their limits, also while several messages are being stored at once. */
export class Quotas {
  readonly #used: QuotaOf;
  #limitOf: QuotaOf = () => Infinity;
  /** Octets on their way into each mailbox. */
  readonly #coming = new Map<string, number>();

  constructor(used: QuotaOf) {
    this.#used = used;
  }

  setLimits(limitOf: QuotaOf): void {
    this.#limitOf = limitOf;
  }

  /** Octets that still fit; Infinity without a limit. */
  room(user: string): number {
    return Math.max(0, this.#limitOf(user) - this.#used(user) - (this.#coming.get(user) ?? 0));
  }

  /** Octets that still fit with `reserve` beyond the limit. */
  roomWith(user: string, reserve: number): number {
    return this.#limitOf(user) + reserve - this.#used(user);
  }

  /** Takes the room in all mailboxes or in none, until {@link release}. @throws QuotaError */
  claim(users: readonly string[], octets: number): void {
    const full = users.filter((user) => this.room(user) < octets);
    if (full.length > 0) {
      throw new QuotaError(
        `Cannot store a message of ${octets} octets for ${full.join(', ')}: the mailbox would get larger than its limit`,
        full,
      );
    }
    for (const user of users) this.#coming.set(user, (this.#coming.get(user) ?? 0) + octets);
  }

  /** The message is in the mailboxes, or was refused. */
  release(users: readonly string[], octets: number): void {
    for (const user of users) {
      const left = (this.#coming.get(user) ?? 0) - octets;
      if (left > 0) this.#coming.set(user, left);
      else this.#coming.delete(user);
    }
  }
}
