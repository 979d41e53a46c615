import type { SMTPServerAuthentication, SMTPServerSession } from 'smtp-server';
import type { Duration } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import { Refusal } from './refusal.ts';

/** Watches failed logins over all connections and protocols. */
export interface SmtpLoginGuard {
  /** Whether a login from there is tried at all. */
  admits(address: string): boolean;
  /** Counts a failed login. @returns for how long its answer is to be held back */
  failed(address: string, login: { readonly username: string; readonly password: string }): Duration;
  succeeded(address: string): void;
}

export interface LoginsOptions {
  /** The user's name if the password fits; `isTrusted` ones do not wait behind strangers. @throws when it cannot be told now */
  readonly verify: (login: string, password: string, isTrusted: boolean) => Promise<string | undefined>;
  readonly guard: SmtpLoginGuard;
  readonly isLan: (address: string) => boolean;
  readonly limits: { readonly failedLogins: number };
  readonly clock: Clock;
  readonly log: Log;
}

/** Decides on AUTH. */
export class Logins {
  readonly #options: LoginsOptions;
  readonly #failures = new WeakMap<SMTPServerSession, number>();

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  /** The user who is logged in from now on. @throws Refusal */
  async authenticate(auth: SMTPServerAuthentication, session: SMTPServerSession): Promise<string> {
    const { username = '' } = auth;
    const password = auth.password ?? '';
    const { guard, limits, log } = this.#options;
    const { remoteAddress: address } = session;
    if (!guard.admits(address)) throw goodbye('Too many failed logins from your address, come back later');
    // Acting for somebody else is not offered (RFC 4616 §2).
    const isOneself = auth.authzid === undefined || auth.authzid === '' || auth.authzid === username;
    const user = isOneself ? await this.#verify(username, password, address) : undefined;
    if (user !== undefined) {
      guard.succeeded(address);
      return user;
    }
    log.notice(`Login failed for ${JSON.stringify(username)} from ${address}`);
    await this.#pause(guard.failed(address, { username, password }));
    const failures = (this.#failures.get(session) ?? 0) + 1;
    this.#failures.set(session, failures);
    if (failures >= limits.failedLogins) throw goodbye('Too many failed logins');
    throw new Refusal({ code: 535, enhanced: '5.7.8', text: 'Name and password do not fit' });
  }

  async #verify(username: string, password: string, address: string): Promise<string | undefined> {
    const { verify, isLan } = this.#options;
    try {
      return await verify(username, password, isLan(address));
    } catch (error) {
      throw new Refusal({ code: 454, enhanced: '4.7.0', text: messageOf(error) });
    }
  }

  async #pause(delay: Duration): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => void clock.wake(after(clock.now(), delay), resolve));
  }
}

function goodbye(text: string): Refusal {
  return new Refusal({ code: 421, enhanced: '4.7.0', text });
}
