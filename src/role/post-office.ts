import { messageOf } from '../base/errors.ts';
import { parsePrefix4 } from '../base/prefix.ts';
import type { ServiceStatus } from '../port/box.ts';
import type { Clock } from '../port/clock.ts';
import type { Log } from '../port/log.ts';
import type { MailStore } from '../port/mailbox.ts';
import { Accounts } from '../service/accounts.ts';
import { LoginGuard } from '../service/login-guard.ts';
import { RememberedLogins } from '../service/remembered-logins.ts';
import { accessBy } from '../service/smtp/access.ts';
import type { Retention } from '../service/pop3/retention.ts';
import { type Pop3Service, startPop3 } from '../service/pop3/start-pop3.ts';
import { type SmtpService, startSmtp } from '../service/smtp/start-smtp.ts';
import type { MailListener, PostOptions } from './ipc.ts';
import { mailDirectoryOf } from './mail-directory-of.ts';
import { patiently, takenPort } from './patience.ts';
import type { PostQueue } from './post-queue.ts';

export interface PostOfficePorts {
  readonly store: MailStore;
  readonly clock: Clock;
  readonly logFor: (source: string) => Log;
  /** Octets that still fit into a mailbox; without it all do until the store says otherwise. */
  readonly room?: (user: string) => number;
  /** How long mail stays after it was read. */
  readonly retention?: Retention;
  /** Mail for other hosts; without it nothing is taken for them. */
  readonly queue?: () => PostQueue | undefined;
}

/** How the mail servers do after a configuration. */
export interface OfficeReport {
  readonly services: readonly ServiceStatus[];
  /** The sentence about a port that another program has. */
  readonly taken: string | undefined;
}

/** The servers of one protocol. */
interface Part<Service> {
  /** What a change of cannot be followed without new listeners; empty if they could not all be opened. */
  readonly fixed: string;
  readonly service?: Service;
  readonly problem?: string;
  readonly taken?: string | undefined;
}

const CLOSED = { fixed: '' };

const where = ({ address, port }: MailListener): string => `${address} port ${port}`;

/** `mail.listeners` of the configuration, as a question. */
function mayConnect({ allow = [], deny = [] }: MailListener): (address: string) => boolean {
  return accessBy({ allow: allow.map(parsePrefix4), deny: deny.map(parsePrefix4) });
}

/** The mail servers on one store, brought to one configuration after the other. */
export class PostOffice {
  readonly #ports: PostOfficePorts;
  /** One for all protocols, and kept over changes of the configuration. */
  readonly #guard: LoginGuard;
  #isLan: (address: string) => boolean = () => false;
  #logins: RememberedLogins | undefined;
  #smtp: Part<SmtpService> = CLOSED;
  #pop3: Part<Pop3Service> = CLOSED;

  constructor(ports: PostOfficePorts) {
    this.#ports = ports;
    this.#guard = new LoginGuard({ isLan: (address) => this.#isLan(address), clock: ports.clock });
  }

  /** People, aliases and certificates change under open sessions; other listeners mean new servers, of their protocol alone. */
  async configure(options: PostOptions, isLan: (address: string) => boolean): Promise<OfficeReport> {
    const { logFor, clock } = this.#ports;
    const { users, domains } = options;
    const accounts = new Accounts({ users, domains, log: logFor('login') });
    this.#logins = new RememberedLogins({
      verify: (login, password, isTrusted) => accounts.verify(login, password, isTrusted),
      clock,
    });
    this.#isLan = isLan;
    const { listeners, hostName, maxMessage, lan } = options;
    const [smtp, pop3] = [listeners.filter(isSmtp), listeners.filter((one) => !isSmtp(one))];
    const fixed = {
      smtp: JSON.stringify({ listeners: smtp, hostName, maxMessage, lan }),
      pop3: JSON.stringify({ listeners: pop3, hostName }),
    };
    const leaving = [
      this.#smtp.fixed === fixed.smtp ? undefined : this.#smtp.service,
      this.#pop3.fixed === fixed.pop3 ? undefined : this.#pop3.service,
    ];
    await Promise.all(leaving.map(async (service) => await service?.close()));
    if (this.#smtp.fixed === fixed.smtp) this.#smtp.service?.setDirectory(this.#directoryOf(options));
    else this.#smtp = await this.#start(fixed.smtp, smtp, () => this.#startSmtp(options, smtp, isLan));
    if (this.#pop3.fixed !== fixed.pop3)
      this.#pop3 = await this.#start(fixed.pop3, pop3, () => this.#startPop3(options, pop3));
    const broken = this.#setIdentity(options.tls);
    const services = listeners.map((one) => {
      const problem = (isSmtp(one) ? this.#smtp : this.#pop3).problem ?? broken;
      return { name: one.service, ok: problem === undefined, detail: problem ?? where(one) };
    });
    return { services, taken: this.#smtp.taken ?? this.#pop3.taken };
  }

  async close(): Promise<void> {
    const running = [this.#smtp.service, this.#pop3.service];
    [this.#smtp, this.#pop3] = [CLOSED, CLOSED];
    await Promise.all(running.map(async (service) => await service?.close()));
  }

  /** Why the certificate cannot be used, if so: the one before stays in use. */
  #setIdentity(tls: PostOptions['tls']): string | undefined {
    try {
      this.#smtp.service?.setIdentity(tls);
      this.#pop3.service?.setIdentity(tls);
      return undefined;
    } catch (error) {
      const sentence = `Cannot use the new certificate, the one before is still in use: ${messageOf(error)}`;
      this.#ports.logFor('tls').error(sentence);
      return sentence;
    }
  }

  async #start<T>(
    fixed: string,
    { length }: readonly MailListener[],
    start: () => Promise<T>,
  ): Promise<Part<T>> {
    if (length === 0) return { fixed };
    try {
      return { fixed, service: await patiently(start) };
    } catch (error) {
      return { fixed: '', problem: messageOf(error), taken: takenPort(error) };
    }
  }

  #startSmtp(
    options: PostOptions,
    listeners: readonly MailListener[],
    isLan: (address: string) => boolean,
  ): Promise<SmtpService> {
    const { store, clock, logFor, queue, room } = this.#ports;
    return startSmtp({
      hostName: options.hostName,
      directory: this.#directoryOf(options),
      outgoing: queue?.()?.outgoing,
      listeners: listeners.map((one) => ({
        address: one.address,
        port: one.port,
        kind: one.service === 'smtp' ? 'mx' : 'submission',
        tls: one.service === 'submissions' ? 'implicit' : 'starttls',
        mayConnect: mayConnect(one),
      })),
      identity: options.tls,
      isLan,
      verify: (login, password, isTrusted) => this.#verify(login, password, isTrusted),
      guard: this.#guard,
      store,
      room,
      limits: { messageSize: options.maxMessage },
      clock,
      log: logFor('smtp'),
    });
  }

  #startPop3(options: PostOptions, listeners: readonly MailListener[]): Promise<Pop3Service> {
    const { store, logFor, retention } = this.#ports;
    return startPop3({
      hostName: options.hostName,
      listeners: listeners.map((one) => ({
        address: one.address,
        port: one.port,
        tls: one.service === 'pop3s' ? 'implicit' : 'starttls',
        mayConnect: mayConnect(one),
      })),
      identity: options.tls,
      isLan: (address) => this.#isLan(address),
      verify: (login, password, isTrusted) => this.#verify(login, password, isTrusted),
      loginGuard: this.#guard,
      store,
      ...(retention === undefined ? {} : { retention }),
      log: logFor('pop3'),
    });
  }

  #directoryOf(options: PostOptions): ReturnType<typeof mailDirectoryOf> {
    return mailDirectoryOf(options, (local) => this.#ports.queue?.()?.senderBehind(local));
  }

  async #verify(login: string, password: string, isTrusted?: boolean): Promise<string | undefined> {
    return await this.#logins?.verify(login, password, isTrusted);
  }
}

function isSmtp({ service }: MailListener): boolean {
  return service !== 'pop3' && service !== 'pop3s';
}
