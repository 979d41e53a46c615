import { type Duration, Seconds } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { SmtpSession } from '../../port/smtp-client.ts';

/** How long a session is kept for the next message to the same destination. */
const IDLE: Duration = Seconds(2);
/** Messages sent in one session; then others behind the same door get a turn. */
const MOST_MESSAGES = 50;

interface Idle {
  readonly session: SmtpSession;
  readonly end: Cancel;
}

/** Sessions that have just sent a message, for the next one: greeting and TLS cost more than the message. */
export class SessionPool {
  readonly #clock: Clock;
  readonly #idle = new Map<string, Idle[]>();
  readonly #sent = new WeakMap<SmtpSession, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that stands; it is the caller's until given back or closed. */
  take(key: string): SmtpSession | undefined {
    const list = this.#idle.get(key);
    for (let one = list?.pop(); one !== undefined; one = list?.pop()) {
      one.end.cancel();
      if (list?.length === 0) this.#idle.delete(key);
      if (one.session.isOpen) return one.session;
      one.session.close();
    }
    return undefined;
  }

  give(key: string, session: SmtpSession): void {
    const sent = (this.#sent.get(session) ?? 0) + 1;
    this.#sent.set(session, sent);
    if (!session.isOpen || sent >= MOST_MESSAGES) return session.close();
    const end = this.#clock.wake(after(this.#clock.now(), IDLE), () => this.#drop(key, session));
    this.#idle.set(key, [...(this.#idle.get(key) ?? []), { session, end }]);
  }

  close(): void {
    for (const { session, end } of [...this.#idle.values()].flat()) {
      end.cancel();
      session.close();
    }
    this.#idle.clear();
  }

  #drop(key: string, session: SmtpSession): void {
    const rest = (this.#idle.get(key) ?? []).filter((one) => one.session !== session);
    if (rest.length > 0) this.#idle.set(key, rest);
    else this.#idle.delete(key);
    session.close();
  }
}
