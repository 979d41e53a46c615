import type { SMTPServerOptions } from 'smtp-server';
import { messageOf } from '../../base/errors.ts';
import type { MailRouting } from '../../engine/mail-routing/mail-routing.ts';
import type { Log } from '../../port/log.ts';
import { Admission } from './admission.ts';
import { ClientLimits } from './client-limits.ts';
import { DEFAULT_SMTP_LIMITS, type SmtpLimits } from './limits.ts';
import { Logins } from './logins.ts';
import { BufferBudget } from './message-buffer.ts';
import { Reception, TRACE_ROOM } from './reception.ts';
import { Recipients } from './recipients.ts';
import { Refusal } from './refusal.ts';
import { Server } from './server.ts';
import type { SmtpListener, SmtpOptions } from './start-smtp.ts';

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
export interface Office {
  readonly options: SmtpOptions;
  readonly limits: SmtpLimits;
  readonly clients: ClientLimits;
  readonly recipients: Recipients;
  readonly budget: BufferBudget;
  readonly logins: Logins;
}

export function makeOffice(options: SmtpOptions, routing: () => MailRouting): Office {
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

/** The server of one listener; it does not listen yet. */
export function makeServer(office: Office, listener: SmtpListener): Server {
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
