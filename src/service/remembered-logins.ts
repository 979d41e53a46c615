import { createHmac, randomBytes } from 'node:crypto';
import { type Duration, Hours } from '../base/duration.ts';
import { type Instant, after } from '../base/instant.ts';
import type { Clock } from '../port/clock.ts';

/** How long a login that fitted need not be checked again. */
const REMEMBERED_FOR: Duration = Hours(1);
/** Logins remembered; with more, the one that was checked longest ago is forgotten. */
const MOST = 256;

/** @returns the user's name if the password fits */
export type Verify = (login: string, password: string, isTrusted?: boolean) => Promise<string | undefined>;

export interface RememberedLoginsOptions {
  readonly verify: Verify;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Spares the password hash to mail programs that log in again every few minutes with the same password: it is made to take long. What fitted is kept as a
 * mark under a key that lives as long as the process, so that the memory holds no password and no quick test for one that could be taken away. What did
 * not fit is checked in full each time. To be made anew when passwords may have changed.
 */
export class RememberedLogins {
  readonly #options: RememberedLoginsOptions;
  readonly #key = randomBytes(32);
  readonly #fitted = new Map<string, { readonly user: string; readonly until: Instant }>();

  constructor(options: RememberedLoginsOptions) {
    this.#options = options;
  }

  async verify(login: string, password: string, isTrusted?: boolean): Promise<string | undefined> {
    const { clock, verify } = this.#options;
    const mark = createHmac('sha256', this.#key)
      .update(JSON.stringify([login, password]))
      .digest('base64');
    const known = this.#fitted.get(mark);
    if (known !== undefined && clock.now() < known.until) return known.user;
    this.#fitted.delete(mark);
    const user = await verify(login, password, isTrusted);
    if (user !== undefined) this.#remember(mark, user);
    return user;
  }

  #remember(mark: string, user: string): void {
    this.#fitted.delete(mark);
    this.#fitted.set(mark, { user, until: after(this.#options.clock.now(), REMEMBERED_FOR) });
    const [oldest] = this.#fitted.keys();
    if (this.#fitted.size > MOST && oldest !== undefined) this.#fitted.delete(oldest);
  }
}
