import type { Pop3ServerOptions, Pop3User } from './options.ts';

export interface CapabilityState {
  readonly offersTls: boolean;
  readonly offersLogin: boolean;
  /** Undefined before the login. */
  readonly user: Pop3User | undefined;
}

/** The lines of CAPA (RFC 2449 §6). What can be said before the login is also listed after it (§5). */
export function capabilities<User extends Pop3User>(
  options: Pop3ServerOptions<User>,
  { offersTls, offersLogin, user }: CapabilityState,
): readonly string[] {
  const { loginDelay, implementation } = options;
  const expire = options.expire?.();
  return [
    ...(offersTls ? ['STLS'] : []),
    ...(offersLogin ? ['USER', 'SASL PLAIN'] : []),
    'TOP',
    'UIDL',
    'RESP-CODES',
    'AUTH-RESP-CODE',
    'PIPELINING',
    'UTF8 USER',
    'LANG',
    ...(expire === undefined ? [] : [`EXPIRE ${forUser(expire.days, expire.perUser, user, user?.expire)}`]),
    ...(loginDelay === undefined
      ? []
      : [`LOGIN-DELAY ${forUser(loginDelay.seconds, loginDelay.perUser, user, user?.loginDelay)}`]),
    ...(implementation === undefined || user === undefined ? [] : [`IMPLEMENTATION ${implementation}`]),
  ];
}

/** `USER` says that another value may hold after the login; then it is that value, without the word (RFC 2449 §6.5, §6.7). */
function forUser(
  announced: number | string,
  perUser: boolean | undefined,
  user: Pop3User | undefined,
  own: number | string | undefined,
): string {
  if (user !== undefined) return String(own ?? announced);
  return perUser === true ? `${announced} USER` : String(announced);
}
