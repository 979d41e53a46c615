import assert from 'node:assert/strict';
import { Days, type Duration, Hours, Milliseconds, Minutes } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { fromLatin1 } from '../../../src/base/text.ts';
import type { Files } from '../../../src/port/files.ts';
import type { Notice, QueueStore, Settlement } from '../../../src/port/mail-queue.ts';
import type { Envelope, MailStore } from '../../../src/port/mailbox.ts';
import type { Random } from '../../../src/port/random.ts';
import { backupMail } from '../../../src/service/mail-store/backup-mail.ts';
import { LoginGuard } from '../../../src/service/login-guard.ts';
import { MailArchive } from '../../../src/service/mail-store/mail-archive.ts';
import { type JournaledMailStore, openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { type Pop3Service, startPop3 } from '../../../src/service/pop3/start-pop3.ts';
import { type QueueService, startQueue } from '../../../src/service/queue/start-queue.ts';
import { type SmtpService, startSmtp } from '../../../src/service/smtp/start-smtp.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { wholeContent } from '../../fake/whole-content.ts';
import { identity } from '../smtp/running-smtp.ts';
import { ALIASES, QUOTA, USERS, fetchMail, sendMail } from './office-clients.ts';
import { OfficeInternet } from './office-internet.ts';
import { type Errand, type OfficeEvent, type OfficeLedger, nameOf } from './office-ledger.ts';
import { viewOffice } from './office-view.ts';
import { SMALL } from './post-office.ts';

const DOMAIN = 'office.example';

export interface LifeOptions {
  readonly files: Files;
  readonly random: Random;
  /** The promises so far; every event is taken into it. */
  readonly ledger: OfficeLedger;
  readonly record: (event: OfficeEvent) => void;
  readonly newName: () => string;
  /** How often the storage was changed so far: while that grows, something is going on. */
  readonly activity: () => number;
}

interface Services {
  readonly store: JournaledMailStore;
  readonly smtp: SmtpService;
  readonly pop3: Pop3Service;
  readonly queue: QueueService;
}

/** The whole post office on one disk: servers on 127.0.0.1, the queue with a made-up Internet, and the people who use it. */
export class OfficeLife {
  readonly log = new MemoryLog();
  readonly internet: OfficeInternet;
  readonly #options: LifeOptions;
  readonly #clock = new FakeClock();
  #services: Services | undefined;

  private constructor(options: LifeOptions) {
    this.#options = options;
    this.internet = new OfficeInternet(options.random, (event) => this.#record(event));
  }

  static async start(options: LifeOptions): Promise<OfficeLife> {
    const life = new OfficeLife(options);
    await life.#start();
    return life;
  }

  get store(): JournaledMailStore {
    return this.#running.store;
  }

  get smtpPort(): number {
    return this.#running.smtp.ports[0] ?? 0;
  }

  get pop3Port(): number {
    return this.#running.pop3.ports[0] ?? 0;
  }

  /** UIDs of a user's mail. */
  async mailsOf(user: string): Promise<readonly string[]> {
    const drop = await this.store.open(user);
    const uids = drop?.messages.map(({ uid }) => uid) ?? [];
    drop?.close();
    return uids;
  }

  /** Some people come at the same time, or the time goes by, or the box is started again. */
  async step(): Promise<void> {
    const { random } = this.#options;
    const what = random.below(12);
    if (what === 0) await this.restart();
    else if (what < 4) await this.pass();
    else await this.crowd();
  }

  /** Some people come at the same time. */
  async crowd(): Promise<void> {
    await this.#crowd(1 + this.#options.random.below(3));
  }

  async restart(): Promise<void> {
    await this.close();
    await this.#start();
  }

  async close(): Promise<void> {
    const { smtp, pop3, queue, store } = this.#running;
    await this.#during(Promise.all([smtp.close(), pop3.close()]));
    await this.#during(queue.close());
    await this.#during(store.close());
  }

  /** A moment, hours, or now and then more days than mail is kept trying. */
  async pass(): Promise<void> {
    const { random } = this.#options;
    const times: readonly [Duration, number][] = [
      [Minutes(6), 1],
      [Minutes(11), 2],
      [Hours(2), 3],
      [Days(1), 6],
    ];
    const [step, count] = times[random.below(times.length)] ?? [Minutes(6), 1];
    await this.wait(step, count);
  }

  async wait(step: Duration, count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      await this.#clock.advance(step);
      await this.#quiet();
    }
  }

  async send(): Promise<void> {
    await this.#during(sendMail(this.smtpPort, this.#clientPorts));
  }

  async fetch(user: string): Promise<void> {
    await this.#during(fetchMail(this.pop3Port, user, this.#clientPorts));
  }

  get #running(): Services {
    assert.ok(this.#services !== undefined);
    return this.#services;
  }

  get #clientPorts(): Parameters<typeof sendMail>[1] {
    const { random, ledger, newName } = this.#options;
    return { random, newName, ledger: () => ledger, record: (event) => this.#record(event) };
  }

  #record(event: OfficeEvent): void {
    this.#options.ledger.take(event);
    this.#options.record(event);
  }

  async #crowd(size: number): Promise<void> {
    const { random } = this.#options;
    const users = [...USERS];
    const actions = Array.from({ length: size }, () => {
      const what = random.below(14);
      const { store } = this.#running;
      if (what < 6) return sendMail(this.smtpPort, this.#clientPorts);
      const [user] = what < 11 ? users.splice(random.below(users.length), 1) : [];
      if (user !== undefined) return fetchMail(this.pop3Port, user, this.#clientPorts);
      if (what === 11) return store.compact();
      return what === 12 ? this.#scrub() : this.#backUp();
    });
    await this.#during(Promise.all(actions));
    await this.#quiet();
  }

  /** When it ended cannot be written down on a storage that fails. */
  async #scrub(): Promise<void> {
    try {
      await this.store.scrub();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }

  /** What is there before and after a backup is in it, and nothing is that was never there. */
  async #backUp(): Promise<void> {
    const { files } = this.#options;
    const target = new MemoryFiles();
    const before = await uidsOn(files);
    await backupMail(files, target);
    const after = await uidsOn(files);
    const { mails } = await viewOffice(target, USERS);
    const saved = new Set(mails.map(({ user, uid }) => `${user} ${uid}`));
    for (const uid of before) assert.ok(saved.has(uid) || !after.has(uid), `${uid} is not in the backup`);
    for (const { message, content } of mails)
      assert.deepEqual(content, this.#options.ledger.content(message), 'the backup has what was sent');
  }

  /** Lets the clock run while something is done. */
  async #during(work: Promise<unknown>): Promise<void> {
    const state = { isDone: false };
    const all = work.finally(() => {
      state.isDone = true;
    });
    all.catch(() => {});
    while (!state.isDone) await this.#clock.advance(Milliseconds(20));
    await all;
  }

  /** Until nothing is written any more but what wants minutes. */
  async #quiet(): Promise<void> {
    for (let calm = 0, before = this.#options.activity(); calm < 12; calm++) {
      await this.#clock.advance(Milliseconds(20));
      const now = this.#options.activity();
      if (now !== before) calm = 0;
      before = now;
    }
  }

  async #start(): Promise<void> {
    const { files } = this.#options;
    const [clock, log, random] = [this.#clock, this.log, new FakeRandom(3)];
    const store = await openMailStore({ files, clock, random, log, limits: SMALL });
    store.setQuotas((user) => (user === 'kim' ? QUOTA : Infinity));
    const queue = this.#startQueue(store);
    const common = { hostName: `mail.${DOMAIN}`, identity, isLan: () => true, clock, log };
    const verify = async (login: string): Promise<string> => login;
    const listener = { address: '127.0.0.1', port: 0, tls: 'starttls' } as const;
    const smtp = await startSmtp({
      ...common,
      directory: { users: USERS, domains: [DOMAIN], aliases: ALIASES },
      listeners: [{ ...listener, kind: 'mx' }],
      verify,
      guard: new LoginGuard({ isLan: () => true, clock }),
      store: this.#recorded(store, queue),
      outgoing: {
        mayRelay: () => true,
        reportDelivery: (report) => queue.reportDelivery(report),
        reportFailure: (report) => queue.reportFailure(report),
      },
    });
    const pop3 = await startPop3({
      ...common,
      listeners: [listener],
      verify,
      store,
      allowInsecureAuth: true,
      limits: { inUseWait: 0 },
    });
    this.#services = { store, smtp, pop3, queue };
  }

  #startQueue(store: JournaledMailStore): QueueService {
    return startQueue(
      {
        store: this.#recordedQueue(store.queue),
        deliver: (envelope, message) => this.#deliver(store, envelope, message),
        names: this.internet.names,
        client: this.internet.client,
        policyOf: async () => undefined,
        isOwnAddress: () => false,
        clock: this.#clock,
        random: this.#options.random,
        log: this.log,
      },
      {
        hostName: `mail.${DOMAIN}`,
        domain: DOMAIN,
        domains: [DOMAIN],
        resolve: (address) => {
          const [local = '', domain = DOMAIN] = address.split('@');
          if (domain !== DOMAIN) return { users: [], outside: [address] };
          return { users: local === 'postmaster' ? ['ann'] : [local], outside: [] };
        },
        rules: [],
        senderFor: (sender) => sender,
      },
    );
  }

  #recorded(store: JournaledMailStore, queue: QueueService): MailStore {
    return {
      deliver: async (envelope, message) => {
        await this.#deliver(store, envelope, message);
        if ((envelope.remote ?? []).length > 0) queue.wake();
      },
      open: (user, access) => store.open(user, access),
      summaries: () => store.summaries(),
    };
  }

  async #deliver(store: MailStore, envelope: Envelope, content: Uint8Array): Promise<void> {
    this.#record({ kind: 'offered', envelope, content });
    await store.deliver(envelope, content);
    this.#record({ kind: 'stored', message: nameOf(content) });
  }

  #recordedQueue(store: QueueStore): QueueStore {
    return {
      due: (now, limit) => store.due(now, limit),
      nextAttempt: () => store.nextAttempt(),
      entries: () => store.entries(),
      find: (id) => store.find(id),
      read: (id) => store.read(id),
      readMessage: (id) => store.readMessage(id),
      recordAttempt: (ids, times) => store.recordAttempt(ids, times),
      hold: (ids) => store.hold(ids),
      release: (ids, at) => store.release(ids, at),
      redate: (times) => store.redate(times),
      remove: (ids) => store.remove(ids),
      settle: (settlements, notices) => this.#settle(store, settlements, notices ?? []),
    };
  }

  async #settle(
    store: QueueStore,
    settlements: readonly Settlement[],
    notices: readonly Notice[],
  ): Promise<void> {
    const errands: Errand[] = [];
    for (const { id, outcome } of settlements) {
      if (outcome === 'deferred') continue;
      const entry = await store.read(id);
      assert.ok(entry !== undefined);
      const content = await wholeContent(await store.readMessage(id));
      const errand = { message: nameOf(content), address: entry.recipient.address };
      const isTold = notices.some(({ message }) => fromLatin1(message).includes(errand.address));
      if (outcome === 'delivered') assert.ok(this.#options.ledger.hasTaken(errand), errand.address);
      else assert.ok(isTold || entry.sender === '', `nobody is told of the end of ${errand.address}`);
      errands.push(errand);
    }
    for (const { envelope, message } of notices)
      this.#record({ kind: 'offered', envelope, content: message });
    const names = notices.map(({ message }) => nameOf(message));
    this.#record({ kind: 'settling', errands, notices: names });
    try {
      await store.settle(settlements, notices);
    } catch (error) {
      this.#record({ kind: 'unsettled', errands, notices: names });
      throw error;
    }
    this.#record({ kind: 'settled', errands, notices: names });
  }
}

async function uidsOn(files: Files): Promise<ReadonlySet<string>> {
  const archive = await MailArchive.open({ files });
  try {
    const uids = USERS.flatMap((user) => archive.messages(user).map(({ uid }) => `${user} ${uid}`));
    return new Set(uids);
  } finally {
    archive.close();
  }
}
