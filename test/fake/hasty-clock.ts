import { Seconds } from '../../src/base/duration.ts';
import { type Instant, between } from '../../src/base/instant.ts';
import { FakeClock } from './fake-clock.ts';

/** Short waits, as for the answer to a failed login, are over at once; for others the test moves the clock. */
export class HastyClock extends FakeClock {
  override wake(at: Instant, action: () => void): { cancel(): void } {
    if (between(this.now(), at) > Seconds(20)) return super.wake(at, action);
    const immediate = setImmediate(action);
    return { cancel: () => clearImmediate(immediate) };
  }
}
