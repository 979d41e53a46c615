import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Duration } from '../../src/base/duration.ts';
import type { MailDirectory } from '../../src/engine/mail-routing/mail-directory.ts';
import { MailRouting } from '../../src/engine/mail-routing/mail-routing.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import type { MailStore } from '../../src/port/mailbox.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import type { RouteRule } from '../../src/engine/mail-queue/routing.ts';
import { LoginGuard } from '../../src/service/login-guard.ts';
import { type JournaledMailStore, openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { startPop3 } from '../../src/service/pop3/start-pop3.ts';
import { NodeSmtpClient } from '../../src/service/queue/smtp-client.ts';
import { type QueueOptions, type QueueService, startQueue } from '../../src/service/queue/start-queue.ts';
import type { SmtpLimits } from '../../src/service/smtp/limits.ts';
import { startSmtp } from '../../src/service/smtp/start-smtp.ts';
import { FakeNames } from '../fake/fake-names.ts';
import { MemoryFiles } from '../fake/memory-files.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { wholeContent } from '../fake/whole-content.ts';

export interface SmallOfficeOptions {
  /** office.example without it. */
  readonly domain?: string;
  readonly directory?: Partial<MailDirectory>;
  /** Whether all clients are of the LAN and send without login. */
  readonly isLan?: boolean;
  readonly limits?: Partial<SmtpLimits>;
}

/** Where mail for others goes: a host on 127.0.0.1. */
export interface NextHost {
  readonly port: number;
  readonly security: 'none' | 'starttls';
}

/** What the office tells of where it listens. */
interface Ports {
  readonly mx: number;
  readonly submission: number;
  readonly submissions: number;
  readonly pop3: number;
  readonly pop3s: number;
}

export const PASSWORD = 'se cret';
/** On its disk: several of the largest letters. */
const ROOM = 2 ** 30;

/**
 * The whole post office on 127.0.0.1, on real sockets and the real clock, its store in memory: users alice and bob. Everything for other domains goes to one
 * host, which {@link SmallOffice.sendTo} names.
 */
export class SmallOffice {
  readonly ports: Ports;
  readonly store: JournaledMailStore;
  readonly queue: QueueService;
  readonly log: MemoryLog;
  /** For mail of the tests; gone with them. */
  readonly directory: string;
  /** The file with the certificate. */
  readonly certificate: string;
  readonly #options: QueueOptions;
  readonly #rules: RouteRule[] = [];

  private constructor(
    parts: Pick<SmallOffice, 'ports' | 'store' | 'queue' | 'log' | 'directory'>,
    options: QueueOptions,
  ) {
    this.ports = parts.ports;
    this.store = parts.store;
    this.queue = parts.queue;
    this.log = parts.log;
    this.directory = parts.directory;
    this.certificate = join(parts.directory, 'cert.pem');
    this.#options = options;
  }

  static async start(t: TestContext, options: SmallOfficeOptions = {}): Promise<SmallOffice> {
    const { domain = 'office.example' } = options;
    const hostName = `mail.${domain}`;
    const directory: MailDirectory = {
      users: ['alice', 'bob'],
      domains: [domain],
      aliases: {},
      ...options.directory,
    };
    const [clock, random, log] = [new NodeClock(), new NodeRandom(), new MemoryLog()];
    const files = new MemoryFiles(new Map(), ROOM);
    const store = await openMailStore({ files, clock, random, log });
    const routing = new MailRouting(directory);
    const queueOptions: QueueOptions = {
      hostName,
      domain,
      domains: directory.domains,
      rules: [],
      resolve: (address) => {
        const route = routing.resolve(address);
        if (route.kind === 'here') return route;
        return { users: [], outside: route.kind === 'elsewhere' ? [address] : [] };
      },
      senderFor: (sender) => sender,
    };
    const queue = startQueue(
      {
        store: store.queue,
        deliver: (envelope, message) => store.deliver(envelope, message),
        names: new FakeNames(),
        client: new NodeSmtpClient({ hostName: () => hostName }),
        policyOf: async () => undefined,
        isOwnAddress: () => false,
        clock,
        random,
        log,
      },
      queueOptions,
    );
    t.after(() => queue.close());
    const waking: MailStore = {
      deliver: async (envelope, message) => {
        await store.deliver(envelope, message);
        queue.wake();
      },
      open: (user) => store.open(user),
      summaries: () => store.summaries(),
    };
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-office-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const ports = await listen(t, { hostName, directory, queue, store: waking, log, folder, options });
    return new SmallOffice({ ports, store, queue, log, directory: folder }, queueOptions);
  }

  /** Where mail for some domains goes, or all other mail. */
  sendTo(next: NextHost, ...domains: readonly string[]): void {
    const { port, security } = next;
    const via = { host: '127.0.0.1', port, security, verify: false, login: undefined };
    const rule = { from: [], to: domains, via: [via] };
    // The first rule that fits decides.
    if (domains.length === 0) this.#rules.push(rule);
    else this.#rules.unshift(rule);
    this.queue.setOptions({ ...this.#options, rules: [...this.#rules] });
  }

  /** All messages of a user, a character an octet. */
  async letters(user: string): Promise<string[]> {
    const maildrop = await this.store.open(user);
    if (maildrop === undefined) throw new Error(`The mailbox of ${user} is open elsewhere`);
    const texts: string[] = [];
    for (const { uid } of maildrop.messages)
      texts.push(Buffer.from(await wholeContent(await maildrop.read(uid))).toString('latin1'));
    maildrop.close();
    return texts;
  }
}

async function listen(
  t: TestContext,
  parts: {
    readonly hostName: string;
    readonly directory: MailDirectory;
    readonly queue: QueueService;
    readonly store: MailStore;
    readonly log: MemoryLog;
    readonly folder: string;
    readonly options: SmallOfficeOptions;
  },
): Promise<Ports> {
  const { hostName, directory, queue, store, log, options } = parts;
  const clock = new NodeClock();
  const identity = makeIdentity('localhost', clock.wallTime());
  writeFileSync(join(parts.folder, 'cert.pem'), identity.cert);
  const isLan = (): boolean => options.isLan === true;
  const verify = async (login: string, password: string): Promise<string | undefined> =>
    password === PASSWORD ? login.split('@')[0] : undefined;
  const here = { address: '127.0.0.1', port: 0 } as const;
  const smtp = await startSmtp({
    hostName,
    directory,
    listeners: [
      { ...here, kind: 'mx', tls: 'starttls' },
      { ...here, kind: 'submission', tls: 'starttls' },
      { ...here, kind: 'submission', tls: 'implicit' },
    ],
    identity,
    isLan,
    guard: new LoginGuard({ isLan: () => true, clock }),
    verify,
    store,
    outgoing: {
      mayRelay: ({ user }) => user !== undefined || isLan(),
      reportDelivery: (report) => queue.reportDelivery(report),
      reportFailure: (report) => queue.reportFailure(report),
    },
    limits: { greetingDelay: 0 as Duration, ...options.limits },
    clock,
    log,
  });
  t.after(() => smtp.close());
  const pop3 = await startPop3({
    hostName,
    listeners: [
      { ...here, tls: 'starttls' },
      { ...here, tls: 'implicit' },
    ],
    identity,
    isLan: () => true,
    verify,
    store,
    log,
  });
  t.after(() => pop3.close());
  const [mx = 0, submission = 0, submissions = 0] = smtp.ports;
  const [pop3Port = 0, pop3s = 0] = pop3.ports;
  return { mx, submission, submissions, pop3: pop3Port, pop3s };
}
