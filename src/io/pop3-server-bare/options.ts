import type { SecureContextOptions } from 'node:tls';
import type { Pop3Limits } from './limits.ts';

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

export interface Pop3Message {
  /** Never used again for another message of the same maildrop; 1 to 70 characters from `!` to `~` (RFC 1939 §7). */
  readonly uid: string;
  /** Octets of the message with CRLF line ends. */
  readonly size: number;
}

/** A maildrop that its owner has opened exclusively, as it was at that moment. */
export interface Pop3Maildrop {
  readonly messages: readonly Pop3Message[];
  /** The whole message, lines ended by CRLF. */
  read(message: Pop3Message): Promise<Uint8Array>;
  /** Removes all of them, or throws; called at most once, when the client quits. */
  remove(messages: readonly Pop3Message[]): Promise<void>;
  /** Ends the exclusive use. Called exactly once, whatever happens. */
  close(): void;
}

export type Pop3Event =
  | { readonly kind: 'connect' | 'secure' | 'close'; readonly session: Pop3Session }
  | { readonly kind: 'refused'; readonly session: Pop3Session; readonly reason: string }
  | { readonly kind: 'login' | 'login-failed'; readonly session: Pop3Session; readonly username: string }
  | { readonly kind: 'quit'; readonly session: Pop3Session; readonly removed: number }
  /** `error`: a handler threw. `broken`: the connection or its TLS failed, as when a client does not trust the certificate. */
  | { readonly kind: 'error' | 'broken'; readonly session: Pop3Session; readonly error: Error };

export interface Pop3ServerOptions<User> {
  /** Private key and certificate chain, PEM. Without them there is neither TLS nor STLS. */
  readonly key?: NonNullable<SecureContextOptions['key']>;
  readonly cert?: NonNullable<SecureContextOptions['cert']>;
  /** `TLSv1.2` unless told otherwise. */
  readonly minVersion?: NonNullable<SecureContextOptions['minVersion']>;
  /** TLS from the first octet (port 995). Otherwise STLS is offered (port 110). */
  readonly secure?: boolean;
  /** Lets passwords be sent without TLS. Off: RFC 8314 §3. */
  readonly allowInsecureAuth?: boolean;
  /** Text of the greeting. Must not hold `<`: a client would take it for an APOP challenge (RFC 1939 §7). */
  readonly banner?: string;
  readonly limits?: Partial<Pop3Limits>;
  /** Throwing refuses the client with the message of the error. */
  readonly onConnect?: (session: Pop3Session) => Promise<void> | void;
  /** The user, or undefined when name and password do not fit. Throwing means: it cannot be told now ([SYS/TEMP]). */
  readonly onAuth: (login: Pop3Login, session: Pop3Session) => Promise<User | undefined>;
  /** The user's maildrop, or undefined while another session holds it ([IN-USE]). */
  readonly onOpen: (user: User, session: Pop3Session) => Promise<Pop3Maildrop | undefined>;
  readonly onEvent?: (event: Pop3Event) => void;
}
