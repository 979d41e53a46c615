import { once } from 'node:events';
import { createSecureContext } from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { messageOf } from '../../base/errors.ts';
import type { MailDirectory } from '../../engine/mail-routing/mail-directory.ts';
import { MailRouting } from '../../engine/mail-routing/mail-routing.ts';
import { kernelErrorFrom } from '../../io/node/errors.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { MailStore } from '../../port/mailbox.ts';
import { Admission } from './admission.ts';
import { ClientLimits } from './client-limits.ts';
import { DEFAULT_SMTP_LIMITS, type SmtpLimits } from './limits.ts';
import { Logins, type LoginsOptions, type SmtpLoginGuard } from './logins.ts';
import { BufferBudget } from './message-buffer.ts';
import type { Outgoing } from './outgoing.ts';
import { Reception, TRACE_ROOM } from './reception.ts';
import { Recipients } from './recipients.ts';
import { Refusal } from './refusal.ts';
import { Server } from './server.ts';

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

type Callback<T> = (error?: Error | null, value?: T) => void;

/** Answers a callback of smtp-server from a promise, once. */
async function answer<T>(work: Promise<T>, log: Log, callback: Callback<T>): Promise<void> {
  let value: T;
  try {
    value = await work;
  } catch (error) {
    if (!(error instanceof Refusal)) log.error(`A mail session failed: ${messageOf(error)}`);
    const later = { code: 451, enhanced: '4.3.0', text: 'It cannot be done now, try again later' };
    callback(error instanceof Refusal ? error : new Refusal(later));
    return;
  }
  callback(null, value);
}

function serverOptions(options: SmtpOptions, limits: SmtpLimits, listener: SmtpListener): SMTPServerOptions {
  return {
    ...options.identity,
    minVersion: 'TLSv1.2',
    secure: listener.tls === 'implicit',
    name: options.hostName,
    heloResponse: '%s greets you',
    size: limits.messageSize,
    rejectOversized: true,
    disabledCommands: listener.kind === 'mx' ? ['AUTH'] : [],
    authMethods: ['PLAIN', 'LOGIN'],
    authOptional: false,
    authRequiredMessage: '5.7.0 Log in first, after STARTTLS',
    maxAllowedUnauthenticatedCommands: limits.commandsBeforeLogin,
    hideENHANCEDSTATUSCODES: false,
    hideDSN: options.outgoing === undefined,
    disableReverseLookup: true,
    maxRecipients: limits.recipients,
    maxCommandLength: limits.commandLine,
    socketTimeout: limits.idleTime,
    closeTimeout: limits.closeTime,
  };
}

/** What the listeners have in common. */
interface Office {
  readonly options: SmtpOptions;
  readonly limits: SmtpLimits;
  readonly clients: ClientLimits;
  readonly recipients: Recipients;
  readonly budget: BufferBudget;
  readonly logins: Logins;
}

function makeOffice(options: SmtpOptions, routing: () => MailRouting): Office {
  const limits: SmtpLimits = { ...DEFAULT_SMTP_LIMITS, ...options.limits };
  const { outgoing, room = () => Infinity } = options;
  return {
    options,
    limits,
    clients: new ClientLimits({ ...options, ...limits }),
    recipients: new Recipients({ routing, outgoing, room }),
    budget: new BufferBudget(Math.max(limits.bufferedOctets, limits.messageSize + TRACE_ROOM)),
    logins: new Logins({ ...options, limits }),
  };
}

function makeServer(office: Office, listener: SmtpListener): Server {
  const { options, limits, clients, logins } = office;
  const { isLan, guard, clock, log } = options;
  const { kind } = listener;
  const reception = new Reception({ ...options, ...office, outgoing: options.outgoing, kind });
  const hooks: SMTPServerOptions = {
    onConnect: (session, callback) => void answer(reception.connect(session), log, callback),
    onMailFrom: (address, session, callback) => void answer(reception.from(address, session), log, callback),
    onRcptTo: (address, session, callback) => void answer(reception.to(address, session), log, callback),
    onData: (stream, session, callback) => void answer(reception.data(stream, session), log, callback),
    onAuth: (auth, session, callback) =>
      void answer(
        logins.authenticate(auth, session).then((user) => ({ user })),
        log,
        callback,
      ),
  };
  const admission = new Admission({
    clients,
    isLan,
    limits,
    mayConnect: listener.mayConnect ?? (() => true),
    mayLogIn: (address) => kind === 'mx' || guard.admits(address),
  });
  const server = new Server(
    { ...serverOptions(options, limits, listener), ...hooks },
    {
      admission,
      isLan,
      limits,
      clock,
      takeCommand: (address) => clients.takeCommand(address),
      countError: (address) => {
        clients.countError(address);
        return clients.hasTooManyErrors(address);
      },
    },
  );
  // Without a listener the reset of a client in the middle of a message would end the process.
  server.on('error', (error: Error) => log.debug(`A mail connection broke: ${error.message}`));
  return server;
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
