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

interface Running {
  /** What a change of cannot be followed without new listeners. */
  readonly fixed: string;
  readonly smtp: SmtpService | undefined;
  readonly pop3: Pop3Service | undefined;
}

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
  #running: Running | undefined;

  constructor(ports: PostOfficePorts) {
    this.#ports = ports;
    this.#guard = new LoginGuard({ isLan: (address) => this.#isLan(address), clock: ports.clock });
  }

  /** People, aliases and certificates change under open sessions; other listeners mean new servers. */
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
    const fixed = JSON.stringify({ listeners, hostName, maxMessage, lan });
    if (this.#running?.fixed === fixed) {
      this.#running.smtp?.setDirectory(this.#directoryOf(options));
      const broken = this.#setIdentity(this.#running, options.tls);
      const services = listeners.map((one) => ({
        name: one.service,
        ok: broken === undefined,
        detail: broken ?? where(one),
      }));
      return { services, taken: undefined };
    }
    await this.close();
    const smtp = await this.#start(listeners.filter(isSmtp), (some) => this.#startSmtp(options, some, isLan));
    const pop3 = await this.#start(
      listeners.filter((one) => !isSmtp(one)),
      (some) => this.#startPop3(options, some),
    );
    this.#running = {
      fixed: smtp.problem === undefined && pop3.problem === undefined ? fixed : '',
      smtp: smtp.service,
      pop3: pop3.service,
    };
    const services = listeners.map((one) => {
      const { problem } = isSmtp(one) ? smtp : pop3;
      return { name: one.service, ok: problem === undefined, detail: problem ?? where(one) };
    });
    return { services, taken: smtp.taken ?? pop3.taken };
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await Promise.all([running?.smtp?.close(), running?.pop3?.close()]);
  }

  /** Why the certificate cannot be used, if so: the one before stays in use. */
  #setIdentity({ smtp, pop3 }: Running, tls: PostOptions['tls']): string | undefined {
    try {
      smtp?.setIdentity(tls);
      pop3?.setIdentity(tls);
      return undefined;
    } catch (error) {
      const sentence = `Cannot use the new certificate, the one before is still in use: ${messageOf(error)}`;
      this.#ports.logFor('tls').error(sentence);
      return sentence;
    }
  }

  async #start<T>(
    listeners: readonly MailListener[],
    start: (listeners: readonly MailListener[]) => Promise<T>,
  ): Promise<{ readonly service?: T; readonly problem?: string; readonly taken?: string | undefined }> {
    if (listeners.length === 0) return {};
    try {
      return { service: await patiently(() => start(listeners)) };
    } catch (error) {
      return { problem: messageOf(error), taken: takenPort(error) };
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
