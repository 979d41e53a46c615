import { Instant, between } from '../../base/instant.ts';
import {
  MAX_FAMILIAR_PER_SECOND,
  MAX_NEW_LEASES,
  MAX_PER_CLIENT,
  MAX_STRANGERS_PER_SECOND,
  NEW_LEASES_PER_SECOND,
  RATE_WINDOW,
} from './limits.ts';

/** Counts messages in windows of one second: of each client, so that one gone mad does not starve the others, and of all. */
export class RateLimit {
  #began = Instant(-Infinity);
  #familiar = 0;
  #strangers = 0;
  readonly #byClient = new Map<string, number>();
  #newLeases = MAX_NEW_LEASES;
  #refilled = Instant(-Infinity);

  /** Clients counted in this window: never more than all that are admitted in one. */
  get size(): number {
    return this.#byClient.size;
  }

  /** Whether one more message of the client is taken now. */
  admits(client: string, isFamiliar: boolean, now: Instant): boolean {
    if (between(this.#began, now) >= RATE_WINDOW) {
      this.#began = now;
      this.#familiar = 0;
      this.#strangers = 0;
      this.#byClient.clear();
    }
    if (isFamiliar ? this.#familiar >= MAX_FAMILIAR_PER_SECOND : this.#strangers >= MAX_STRANGERS_PER_SECOND)
      return false;
    const count = this.#byClient.get(client) ?? 0;
    if (count >= MAX_PER_CLIENT) return false;
    if (isFamiliar) this.#familiar++;
    else this.#strangers++;
    this.#byClient.set(client, count + 1);
    return true;
  }

  /** Whether a client that is not known may have a lease now. */
  admitsLease(now: Instant): boolean {
    const passed = Math.max(0, between(this.#refilled, now)) / 1000;
    this.#newLeases = Math.min(MAX_NEW_LEASES, this.#newLeases + passed * NEW_LEASES_PER_SECOND);
    this.#refilled = now;
    if (this.#newLeases < 1) return false;
    this.#newLeases--;
    return true;
  }
}
