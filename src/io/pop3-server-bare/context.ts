import type { HeldOctets } from './held-octets.ts';
import type { Pop3Language } from './language.ts';
import type { Pop3Limits } from './limits.ts';
import type { Pop3LoginGuard } from './login-guard.ts';
import type { Pop3ServerOptions, Pop3User } from './options.ts';
import type { UserSessions } from './user-sessions.ts';

/** What all sessions of a server have in common. */
export interface ServerContext<User extends Pop3User> {
  readonly options: Pop3ServerOptions<User>;
  readonly limits: Pop3Limits;
  readonly languages: readonly Pop3Language[];
  readonly guard: Pop3LoginGuard;
  readonly users: UserSessions;
  readonly held: HeldOctets;
}
