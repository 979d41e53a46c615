import { once } from 'node:events';
import { createSecureContext } from 'node:tls';
import type { MailDirectory } from '../../engine/mail-routing/mail-directory.ts';
import { MailRouting } from '../../engine/mail-routing/mail-routing.ts';
import { kernelErrorFrom } from '../../io/node/errors.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { MailStore } from '../../port/mailbox.ts';
import type { SmtpLimits } from './limits.ts';
import type { LoginsOptions, SmtpLoginGuard } from './logins.ts';
import { makeOffice, makeServer } from './make-server.ts';
import type { Outgoing } from './outgoing.ts';
import type { Server } from './server.ts';

export interface SmtpListener {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  /** `mx` takes mail for local users from anybody (port 25); `submission` wants a login (587, 465). */
  readonly kind: 'mx' | 'submission';
  readonly tls: 'starttls' | 'implicit';
  /** The owner's rules; everybody without. */
  readonly mayConnect?: ((address: string) => boolean) | undefined;
}

export interface SmtpOptions {
  /** What the server calls itself. */
  readonly hostName: string;
  readonly directory: MailDirectory;
  readonly listeners: readonly SmtpListener[];
  /** Private key and certificate chain, PEM. */
  readonly identity: { readonly key: string; readonly cert: string };
  /** Whether a client address belongs to the office: it gets the wider limits, and its address is kept out of headers. */
  readonly isLan: (address: string) => boolean;
  readonly verify: LoginsOptions['verify'];
  readonly guard: SmtpLoginGuard;
  readonly store: MailStore;
  /** Octets that still fit into a user's mailbox; without it all do until the store says otherwise. */
  readonly room?: ((user: string) => number) | undefined;
  readonly outgoing?: Outgoing | undefined;
  readonly limits?: Partial<SmtpLimits>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SmtpService {
  /** The ports it listens on, in the order of the listeners. */
  readonly ports: readonly number[];
  /** Users, domains and aliases from now on, also for sessions that are open. */
  setDirectory(directory: MailDirectory): void;
  /** For new connections. @throws Error if it cannot be used; the one before stays */
  setIdentity(identity: { readonly key: string; readonly cert: string }): void;
  /** Stops listening, lets messages under way finish, resolves when every connection is gone. */
  close(): Promise<void>;
}

async function listen(server: Server, listener: SmtpListener): Promise<number> {
  const listening = once(server.server, 'listening');
  server.listen({ host: listener.address, port: listener.port });
  try {
    await listening;
  } catch (error) {
    throw kernelErrorFrom(`listen for mail on ${listener.address} port ${listener.port}`, error);
  }
  const address = server.server.address();
  return address !== null && typeof address === 'object' ? address.port : listener.port;
}

/**
 * Takes mail in by SMTP (RFC 5321) and message submission (RFC 6409): for local users, and for other hosts from those who may send there.
 * @throws KernelError when a listener cannot be opened; then none is open
 */
export async function startSmtp(options: SmtpOptions): Promise<SmtpService> {
  let routing = new MailRouting(options.directory);
  const office = makeOffice(options, () => routing);
  const servers = options.listeners.map((listener) => makeServer(office, listener));
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.stop())));
  const ports: number[] = [];
  try {
    for (const [index, listener] of options.listeners.entries()) {
      const server = servers[index];
      if (server !== undefined) ports.push(await listen(server, listener));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports,
    setDirectory: (directory) => {
      routing = new MailRouting(directory);
    },
    setIdentity: (identity) => {
      // smtp-server lets go of the old one before it has looked at the new one.
      createSecureContext({ ...identity });
      for (const server of servers) server.updateSecureContext({ ...identity });
    },
    close,
  };
}
