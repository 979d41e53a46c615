import { Seconds } from '../../base/duration.ts';
import { type Instant, after } from '../../base/instant.ts';

/** Tries without an answer, one after the other, after which an upstream counts as down. */
const DOWN_AFTER = 3;

/** How long an upstream that is down is left alone before one question tries it again. */
export const DOWN_TIME = Seconds(3);

/** Whether one upstream answers. While it is down, one question in every {@link DOWN_TIME} finds out whether it is back. */
export class UpstreamHealth {
  #failures = 0;
  #restUntil: Instant | undefined;

  get isDown(): boolean {
    return this.#failures >= DOWN_AFTER;
  }

  /** Whether a question may try it now; one that does is the probe, and the next has to wait again. */
  tryNow(now: Instant): boolean {
    if (!this.isDown) return true;
    if (this.#restUntil !== undefined && now < this.#restUntil) return false;
    this.#restUntil = after(now, DOWN_TIME);
    return true;
  }

  /** It answered; true if that is news. */
  succeeded(): boolean {
    const wasDown = this.isDown;
    this.#failures = 0;
    return wasDown;
  }

  /** It did not answer; true if it counts as down from now on. */
  failed(now: Instant): boolean {
    this.#failures++;
    if (this.isDown) this.#restUntil = after(now, DOWN_TIME);
    return this.#failures === DOWN_AFTER;
  }
}
