import { messageOf } from '../../base/errors.ts';
import { kernelErrorFrom } from '../../io/node/errors.ts';
import type { Pop3Limits } from '../../io/pop3-server-bare/limits.ts';
import type { Pop3Event, Pop3Maildrop } from '../../io/pop3-server-bare/options.ts';
import { Pop3Server } from '../../io/pop3-server-bare/server.ts';
import type { Log } from '../../port/log.ts';
import type { MailStore, Maildrop } from '../../port/mailbox.ts';

export interface Pop3Listener {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  /** `starttls` wants STLS before a login (port 110), `implicit` is TLS from the first octet (995). */
  readonly tls: 'starttls' | 'implicit';
}

export interface Pop3Options {
  /** What the server calls itself. */
  readonly hostName: string;
  readonly listeners: readonly Pop3Listener[];
  /** Private key and certificate chain, PEM. */
  readonly identity: { readonly key: string; readonly cert: string };
  /** The user's name if the password fits. @throws when it cannot be told now */
  readonly verify: (login: string, password: string) => Promise<string | undefined>;
  readonly store: MailStore;
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

function asPop3(maildrop: Maildrop): Pop3Maildrop {
  return {
    messages: maildrop.messages,
    read: (message) => maildrop.read(message.uid),
    remove: (messages) => maildrop.remove(messages.map((message) => message.uid)),
    close: () => maildrop.close(),
  };
}

function record(log: Log, event: Pop3Event): void {
  const from = event.session.remoteAddress;
  switch (event.kind) {
    case 'login':
      log.info(`${event.username} fetches mail from ${from}`);
      break;
    case 'login-failed':
      log.notice(`Login failed for ${JSON.stringify(event.username)} from ${from}`);
      break;
    case 'quit':
      log.debug(`${from} is done and removed ${event.removed} messages`);
      break;
    case 'refused':
      log.info(`Refused a connection from ${from}: ${event.reason}`);
      break;
    case 'error':
      log.warn(`A session of ${from} failed: ${messageOf(event.error)}`);
      break;
    case 'broken':
      log.info(`The connection of ${from} failed: ${messageOf(event.error)}`);
      break;
    case 'connect':
    case 'secure':
    case 'close':
      log.debug(`${from}: ${event.kind}`);
      break;
  }
}

/**
 * Hands mail out by POP3 (RFC 1939), never without TLS.
 * @throws KernelError when a listener cannot be opened; then none is open
 */
export async function startPop3(options: Pop3Options): Promise<Pop3Service> {
  const { store, log } = options;
  const servers: Pop3Server<string>[] = [];
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.close())));
  const ports: number[] = [];
  for (const { address, port, tls } of options.listeners) {
    const server = new Pop3Server<string>({
      ...options.identity,
      secure: tls === 'implicit',
      banner: `${options.hostName} POP3 ready`,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      onAuth: ({ username, password }) => options.verify(username, password),
      onOpen: async (user) => {
        const maildrop = await store.open(user);
        return maildrop === undefined ? undefined : asPop3(maildrop);
      },
      onEvent: (event) => record(log, event),
    });
    try {
      ports.push((await server.listen({ host: address, port })).port);
      servers.push(server);
    } catch (error) {
      await close();
      throw kernelErrorFrom(`listen for mail programs on ${address} port ${port}`, error);
    }
  }
  return {
    ports,
    setIdentity: ({ key, cert }) => {
      for (const server of servers) server.updateCertificate(key, cert);
    },
    close,
  };
}
