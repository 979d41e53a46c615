import { Instant, between } from '../../base/instant.ts';
import { MAX_PER_CLIENT, MAX_PER_SECOND, RATE_WINDOW } from './limits.ts';

/** Counts messages in windows of one second: of each client, so that one gone mad does not starve the others, and of all. */
export class RateLimit {
  #began = Instant(-Infinity);
  #total = 0;
  readonly #byClient = new Map<string, number>();

  /** Whether one more message of the client is taken now. */
  admits(client: string, now: Instant): boolean {
    if (between(this.#began, now) >= RATE_WINDOW) {
      this.#began = now;
      this.#total = 0;
      this.#byClient.clear();
    }
    const count = this.#byClient.get(client) ?? 0;
    if (count >= MAX_PER_CLIENT || this.#total >= MAX_PER_SECOND) return false;
    this.#total++;
    this.#byClient.set(client, count + 1);
    return true;
  }
}
