import { messageOf } from '../../base/errors.ts';
import { announcedExpiry, keepDays } from '../../engine/mail-retention.ts';
import { DamagedRecordError } from '../../io/journal/damaged-record-error.ts';
import { kernelErrorFrom } from '../../io/node/errors.ts';
import { Pop3Failure } from '../../io/pop3-server-bare/failure.ts';
import type { Pop3Limits } from '../../io/pop3-server-bare/limits.ts';
import type { Pop3LoginGuard } from '../../io/pop3-server-bare/login-guard.ts';
import type {
  Pop3Event,
  Pop3Maildrop,
  Pop3ServerOptions,
  Pop3User,
} from '../../io/pop3-server-bare/options.ts';
import { Pop3Server } from '../../io/pop3-server-bare/server.ts';
import type { Log } from '../../port/log.ts';
import { type MailContent, type MailStore, type Maildrop, MessageGoneError } from '../../port/mailbox.ts';
import type { Retention } from './retention.ts';

export interface Pop3Listener {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  /** `starttls` wants STLS before a login (port 110), `implicit` is TLS from the first octet (995). */
  readonly tls: 'starttls' | 'implicit';
  /** Whose connections are taken at all; everybody's unless told otherwise. */
  readonly mayConnect?: (address: string) => boolean;
}

export interface Pop3Options {
  /** What the server calls itself. */
  readonly hostName: string;
  readonly listeners: readonly Pop3Listener[];
  /** Private key and certificate chain, PEM. */
  readonly identity: { readonly key: string; readonly cert: string };
  /** The user's name if the password fits; `isTrusted` for a client of the LAN, which may go first. @throws when it cannot be told now */
  readonly verify: (login: string, password: string, isTrusted: boolean) => Promise<string | undefined>;
  readonly store: Pick<MailStore, 'open'>;
  /** Addresses that are never banned, however often a login fails there. */
  readonly isLan?: (address: string) => boolean;
  /** Counts failed logins, to have one judge for all mail protocols; without it POP3 judges for itself. */
  readonly loginGuard?: Pop3LoginGuard;
  /** Whether a mailbox may be open in several mail programs at a time; exclusive (RFC 1939 §4) unless told otherwise. */
  readonly maildrops?: 'exclusive' | 'shared';
  /** Without it, mail stays until it is deleted. Its rules may change, for new logins. */
  readonly retention?: Retention;
  /** Seconds between two logins of a user (RFC 2449 §6.5). */
  readonly loginDelay?: number;
  /** Takes passwords without TLS, on the ports without TLS: for a network of which every cable is known. */
  readonly allowInsecureAuth?: boolean;
  readonly limits?: Partial<Pop3Limits>;
  readonly log: Log;
}

export interface Pop3Service {
  /** The ports it listens on, in the order of the listeners. */
  readonly ports: readonly number[];
  /** For new connections. @throws if it cannot be used */
  setIdentity(identity: { readonly key: string; readonly cert: string }): void;
  /** Lets commands under way finish, deletes nothing, resolves when every connection is gone. */
  close(): Promise<void>;
}

const EVENTS: {
  readonly [Kind in Pop3Event['kind']]: (log: Log, event: Pop3Event & { kind: Kind }) => void;
} = {
  connect: (log, { session }) => log.debug(`${session.remoteAddress}: connect`),
  secure: (log, { session }) => log.debug(`${session.remoteAddress}: secure`),
  close: (log, { session }) => log.debug(`${session.remoteAddress}: close`),
  login: (log, { session, username }) => log.info(`${username} fetches mail from ${session.remoteAddress}`),
  'login-failed': (log, { session, username }) =>
    log.notice(`Login failed for ${JSON.stringify(username)} from ${session.remoteAddress}`),
  'login-refused': (log, { session, username }) =>
    log.info(
      `Login of ${JSON.stringify(username)} from ${session.remoteAddress} is not tried: too many have failed there`,
    ),
  quit: (log, { session, removed }) =>
    log.debug(`${session.remoteAddress} is done and removed ${removed} messages`),
  refused: (log, { session, reason }) =>
    log.info(`Refused a connection from ${session.remoteAddress}: ${reason}`),
  error: (log, { session, error }) =>
    log.warn(`A session of ${session.remoteAddress} failed: ${messageOf(error)}`),
  broken: (log, { session, error }) =>
    log.info(`The connection of ${session.remoteAddress} failed: ${messageOf(error)}`),
};

function record<Kind extends Pop3Event['kind']>(log: Log, event: Pop3Event & { kind: Kind }): void {
  const tell: (log: Log, event: Pop3Event & { kind: Kind }) => void = EVENTS[event.kind];
  tell(log, event);
}

async function read(maildrop: Maildrop, uid: string, part: 'whole' | 'top'): Promise<MailContent> {
  try {
    return await maildrop.read(uid, part);
  } catch (error) {
    // It stays damaged: a mail program need not ask again and again (RFC 3206 §4).
    if (error instanceof DamagedRecordError)
      throw new Pop3Failure(
        'This message is damaged on the storage; the owner of the box is told',
        'SYS/PERM',
      );
    // Nobody need be alarmed: the next session does not list it.
    if (error instanceof MessageGoneError)
      throw new Pop3Failure('Another session has deleted this message', 'SYS/TEMP');
    throw error;
  }
}

const uidOf = ({ uid }: { readonly uid: string }): string => uid;

/** Opens a user's mailbox in the manner of pop3-server-bare, with its rules kept. */
function opener(options: Pop3Options) {
  const { store, retention } = options;
  return async ({ name }: Pop3User): Promise<Pop3Maildrop | undefined> => {
    const maildrop = await store.open(name, options.maildrops);
    if (maildrop === undefined) return undefined;
    return {
      messages: (await retention?.expire(name, maildrop)) ?? maildrop.messages,
      read: ({ uid }, part) => read(maildrop, uid, part),
      update: async ({ deleted, retrieved }) => {
        const isLast = retention?.endsWithSession(name) === true;
        const removed = isLast ? [...deleted, ...retrieved] : deleted;
        const read = new Set<object>(retrieved);
        const dated = isLast
          ? undefined
          : retention?.read(
              name,
              maildrop.messages.filter((one) => read.has(one)),
            );
        // Both in the same turn, so that they are one commit of the store.
        if (removed.length > 0) await maildrop.remove(removed.map(uidOf));
        await dated;
      },
      close: () => maildrop.close(),
    };
  };
}

function serverOptions(options: Pop3Options): Pop3ServerOptions<Pop3User> {
  const { log, retention } = options;
  return {
    ...options.identity,
    banner: `${options.hostName} POP3 ready`,
    implementation: 'Gatepost',
    exclusive: options.maildrops !== 'shared',
    allowInsecureAuth: options.allowInsecureAuth ?? false,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.isLan === undefined ? {} : { isTrusted: options.isLan }),
    ...(options.loginGuard === undefined ? {} : { loginGuard: options.loginGuard }),
    ...(options.loginDelay === undefined ? {} : { loginDelay: { seconds: options.loginDelay } }),
    ...(retention === undefined ? {} : { expire: () => announcedExpiry(retention.rules) }),
    onAuth: async ({ username, password }, { remoteAddress }) => {
      const name = await options.verify(username, password, options.isLan?.(remoteAddress) ?? false);
      if (name === undefined) return undefined;
      return retention === undefined ? { name } : { name, expire: keepDays(retention.rules, name) };
    },
    onOpen: opener(options),
    onEvent: (event) => record(log, event),
  };
}

/**
 * Hands mail out by POP3 (RFC 1939), never without TLS unless told otherwise.
 * @throws KernelError when a listener cannot be opened; then none is open
 */
export async function startPop3(options: Pop3Options): Promise<Pop3Service> {
  const server = new Pop3Server(serverOptions(options));
  const ports: number[] = [];
  for (const { address, port, tls, mayConnect } of options.listeners) {
    const where = { host: address, port, secure: tls === 'implicit' };
    try {
      ports.push((await server.listen(mayConnect === undefined ? where : { ...where, mayConnect })).port);
    } catch (error) {
      await server.close();
      throw kernelErrorFrom(`listen for mail programs on ${address} port ${port}`, error);
    }
  }
  return {
    ports,
    setIdentity: ({ key, cert }) => server.updateCertificate(key, cert),
    close: () => server.close(),
  };
}
