import type { SecureContextOptions } from 'node:tls';
import type { Pop3Language } from './language.ts';
import type { Pop3Limits } from './limits.ts';
import type { Pop3LoginGuard } from './login-guard.ts';

/** What is known about a client. `secure` turns true when TLS is up. */
export interface Pop3Session {
  /** Random, for logs. */
  readonly id: string;
  /** IPv4 in its own form, never `::ffff:192.0.2.1`. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  secure: boolean;
}

export interface Pop3Login {
  readonly method: 'USER' | 'PLAIN';
  readonly username: string;
  readonly password: string;
}

/** Days that messages are kept (RFC 2449 §6.7). */
export type Pop3Expire = number | 'NEVER';

/** Somebody who has logged in. */
export interface Pop3User {
  /** The same for every login of the same maildrop. */
  readonly name: string;
  /** Where it differs from what is announced to all. */
  readonly expire?: Pop3Expire | undefined;
  /** Seconds, where it differs from what is announced to all. */
  readonly loginDelay?: number | undefined;
}

export interface Pop3Message {
  /** Never used again for another message of the same maildrop; 1 to 70 characters from `!` to `~` (RFC 1939 §7). */
  readonly uid: string;
  /** Octets of the message with CRLF line ends. */
  readonly size: number;
}

/** What became of the messages of a session that ended with QUIT. */
export interface Pop3Outcome {
  /** Marked by DELE: all of them go, or none does. */
  readonly deleted: readonly Pop3Message[];
  /** Sent whole by RETR and not marked: for rules such as "days after the first reading". */
  readonly retrieved: readonly Pop3Message[];
}

/** A maildrop as it was at the moment when it was opened. */
export interface Pop3Maildrop {
  readonly messages: readonly Pop3Message[];
  /**
   * The message, lines ended by CRLF: at once, or piece by piece where it is large. A slow client holds up the pieces. A failure before the first piece
   * is told to the client; one between pieces ends the connection, as nothing else tells that the message is not whole. For `top` (TOP) no more pieces
   * are taken than are wanted.
   * @throws Pop3Failure with the code to send; anything else is [SYS/TEMP]
   */
  read(message: Pop3Message, part: 'whole' | 'top'): Promise<Uint8Array | AsyncIterable<Uint8Array>>;
  /**
   * Called at most once, at QUIT, if there is anything to do. Resolves when it is done for good, or throws and nothing is deleted. In a shared
   * maildrop another session may have deleted some of them already: that is no failure.
   */
  update(outcome: Pop3Outcome): Promise<void>;
  /** Ends the use. Called exactly once, whatever happens. */
  close(): void;
}

export type Pop3Event =
  | { readonly kind: 'connect' | 'secure' | 'close'; readonly session: Pop3Session }
  | { readonly kind: 'refused'; readonly session: Pop3Session; readonly reason: string }
  /** `login-refused`: not even tried, after too many failures from there. */
  | {
      readonly kind: 'login' | 'login-failed' | 'login-refused';
      readonly session: Pop3Session;
      readonly username: string;
    }
  | { readonly kind: 'quit'; readonly session: Pop3Session; readonly removed: number }
  /** `error`: a handler threw. `broken`: the connection or its TLS failed, as when a client does not trust the certificate. */
  | { readonly kind: 'error' | 'broken'; readonly session: Pop3Session; readonly error: Error };

export interface Pop3ServerOptions<User extends Pop3User> {
  /** Private key and certificate chain, PEM. Without them there is neither TLS nor STLS. */
  readonly key?: NonNullable<SecureContextOptions['key']>;
  readonly cert?: NonNullable<SecureContextOptions['cert']>;
  /** `TLSv1.2` unless told otherwise. */
  readonly minVersion?: NonNullable<SecureContextOptions['minVersion']>;
  /** Lets passwords be sent without TLS. Off: RFC 8314 §3. */
  readonly allowInsecureAuth?: boolean;
  /** Text of the greeting. Must not hold `<`: a client would take it for an APOP challenge (RFC 1939 §7). */
  readonly banner?: string;
  /** Named by CAPA after the login (RFC 2449 §6.9). */
  readonly implementation?: string;
  /** Languages of the replies besides English (RFC 6856 §3). */
  readonly languages?: readonly Pop3Language[];
  /** One session of a user at a time, as RFC 1939 §4 has it; a second one is told [IN-USE]. Otherwise each session opens the maildrop anew. True unless told otherwise. */
  readonly exclusive?: boolean;
  /** Announced by CAPA (RFC 2449 §6.7), asked each time; who deletes what has expired is the maildrop's owner. `perUser`: users differ, `days` is the least. */
  readonly expire?: () => { readonly days: Pop3Expire; readonly perUser?: boolean };
  /** The least time from one login of a user to the next; sooner is told [LOGIN-DELAY] (RFC 2449 §6.5). `perUser`: users differ, `seconds` is the most. */
  readonly loginDelay?: { readonly seconds: number; readonly perUser?: boolean };
  readonly limits?: Partial<Pop3Limits>;
  /** Addresses from which failed logins are answered late, but which are never banned: the owner's own network. */
  readonly isTrusted?: (address: string) => boolean;
  /** Counts failed logins, if not the server's own: to have one for several servers. */
  readonly loginGuard?: Pop3LoginGuard;
  /** Throwing refuses the client with the message of the error. */
  readonly onConnect?: (session: Pop3Session) => Promise<void> | void;
  /** The user, or undefined when name and password do not fit. Throwing means: it cannot be told now ([SYS/TEMP]). */
  readonly onAuth: (login: Pop3Login, session: Pop3Session) => Promise<User | undefined>;
  /** The user's maildrop, or undefined while somebody else holds it ([IN-USE]). */
  readonly onOpen: (user: User, session: Pop3Session) => Promise<Pop3Maildrop | undefined>;
  readonly onEvent?: (event: Pop3Event) => void;
}
