import process from 'node:process';
import { tryParseAddress, isIpv4 } from '../base/address.ts';
import { type Duration, Milliseconds, Minutes, Seconds } from '../base/duration.ts';
import { UserError, messageOf, unreachable } from '../base/errors.ts';
import { knownTime } from '../base/instant.ts';
import { LOOPBACK_NETWORK4, contains4, parsePrefix4 } from '../base/prefix.ts';
import type { RetentionRules } from '../engine/mail-retention.ts';
import { RingLog } from '../io/log/ring-log.ts';
import { NodeClock } from '../io/node/clock.ts';
import { nodeFiles } from '../io/node/files.ts';
import { NodeHttps } from '../io/node/https.ts';
import { openParentChannel } from '../io/node/parent-channel.ts';
import { NodeRandom } from '../io/node/random.ts';
import { NodeTcp } from '../io/node/tcp.ts';
import { NodeUdp } from '../io/node/udp.ts';
import type { Files } from '../port/files.ts';
import { type MailStore, StoreFullError } from '../port/mailbox.ts';
import type { ParentChannel } from '../port/process.ts';
import { type JournaledMailStore, openMailStore } from '../service/mail-store/mail-store.ts';
import { MailboxDesk } from '../service/mail-store/mailbox-desk.ts';
import { DailyExpiry } from '../service/pop3/daily-expiry.ts';
import { Retention } from '../service/pop3/retention.ts';
import { SteadyTime } from '../service/pop3/steady-time.ts';
import type { FromRole, PostAnswer, PostCall, PostOptions, ToPost } from './ipc.ts';
import { PostOffice } from './post-office.ts';
import { PostQueue } from './post-queue.ts';
import type { RunSettings } from './settings.ts';
import { storeTurn } from './store-turn.ts';

/** After a delivery or a removal the list of mailboxes is reported once things are quiet for this long. */
const REPORT_AFTER = Milliseconds(200);
/** After a change, and when there is none: what waits gets late by itself. */
const LOOK_AFTER = Seconds(5);
const LOOK_EVERY = Minutes(10);
/** Damaged places that are reported; "gatepost mail verify" lists them all. */
const MOST_DAMAGE = 20;

/** Whether a client belongs to the office: the LAN, or the box itself. */
function lanPredicate(lan: string): (address: string) => boolean {
  const prefix = parsePrefix4(lan);
  return (text) => {
    const address = tryParseAddress(text);
    return (
      address !== undefined &&
      isIpv4(address) &&
      (contains4(prefix, address) || contains4(LOOPBACK_NETWORK4, address))
    );
  };
}

/** Reports the mailboxes after every change of one, and whether there is room for mail. */
function reporting(
  store: MailStore,
  report: () => void,
  onRoom: (problem: string | null) => void,
  onQueued: () => void,
): MailStore {
  return {
    deliver: async (envelope, message) => {
      try {
        await store.deliver(envelope, message);
      } catch (error) {
        if (error instanceof StoreFullError) onRoom(error.message);
        throw error;
      }
      onRoom(null);
      report();
      if ((envelope.remote ?? []).length > 0) onQueued();
    },
    open: async (user, access) => {
      const maildrop = await store.open(user, access);
      if (maildrop === undefined) return undefined;
      return {
        messages: maildrop.messages,
        read: (uid, part) => maildrop.read(uid, part),
        remove: async (uids) => {
          await maildrop.remove(uids);
          report();
        },
        close: () => maildrop.close(),
      };
    },
    summaries: () => store.summaries(),
  };
}

/** `keepDays` of the configuration. */
function retentionRules({ users, keepDays }: PostOptions): RetentionRules {
  return {
    keep: keepDays ?? 'NEVER',
    users: new Map(users.map((user) => [user.name, user.keepDays ?? 'NEVER'] as const)),
  };
}

interface Storage {
  readonly stored: JournaledMailStore;
  /** The data directory. */
  readonly files: Files;
}

class PostRole {
  readonly #parent: ParentChannel<FromRole>;
  readonly #log: RingLog;
  readonly #office: PostOffice;
  readonly #stored: JournaledMailStore;
  readonly #files: Files;
  readonly #store: MailStore;
  readonly #retention: Retention;
  readonly #desk: MailboxDesk;
  readonly #expiry: DailyExpiry;
  #queue: PostQueue | undefined;
  #isUp = true;
  #users: readonly string[] = [];
  #pending: NodeJS.Timeout | undefined;
  /** Why no mail is taken. */
  #room: string | null = null;
  readonly #told = new Map<string, string>();
  #look: NodeJS.Timeout | undefined;
  #looksSoon = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(parent: ParentChannel<FromRole>, log: RingLog, { stored, files }: Storage) {
    this.#parent = parent;
    this.#log = log;
    this.#stored = stored;
    this.#files = files;
    this.#store = reporting(
      stored,
      () => this.#reportSoon(),
      (problem) => {
        if (problem === this.#room) return;
        this.#room = problem;
        this.reportStorage();
      },
      () => this.#queue?.wake(),
    );
    const clock = new NodeClock();
    const steady = new SteadyTime({ clock, dates: () => stored.firstReads.dates() });
    this.#retention = new Retention(
      {
        firstReads: stored.firstReads,
        now: () => knownTime(clock.wallTime()),
        steady,
      },
      log.logFor('pop3'),
    );
    this.#desk = new MailboxDesk({ store: this.#store, list: (user) => stored.list(user), clock });
    this.#expiry = new DailyExpiry({
      store: this.#store,
      retention: this.#retention,
      clock,
      log: log.logFor('mail'),
    });
    this.#office = new PostOffice({
      store: this.#store,
      room: (user) => stored.room(user),
      retention: this.#retention,
      queue: () => this.#queue,
      clock,
      logFor: (source) => this.#log.logFor(source),
    });
  }

  /** One configuration after the other: a port is free only after the one before has let go of it. */
  configure(options: PostOptions): void {
    const before = this.#turn;
    this.#turn = this.#configure(options, before);
  }

  async #configure(options: PostOptions, before: Promise<void>): Promise<void> {
    await before;
    this.#users = options.users.map(({ name }) => name);
    const quotas = new Map(options.users.map(({ name, quota }) => [name, quota]));
    this.#stored.setQuotas((user) => quotas.get(user) ?? Infinity);
    this.#retention.rules = retentionRules(options);
    const problem = await this.#configureQueue(options);
    const { services, taken } = await this.#office.configure(options, lanPredicate(options.lan));
    const queue = problem === undefined ? [] : [{ name: 'mail queue', ok: false, detail: problem }];
    this.#parent.send({ kind: 'services', services: [...services, ...queue], taken });
    this.#reportMailboxes();
    this.#reportSoon();
    this.#expiry.start();
  }

  setUplink(isUp: boolean): void {
    this.#isUp = isUp;
    this.#queue?.setUplink(isUp);
  }

  async answer(call: PostCall): Promise<PostAnswer> {
    const queue = this.#queue;
    if (call.what === 'mailbox') return { what: 'mailbox', list: this.#desk.list(call.user, call.after) };
    if (call.what === 'store') return { what: 'store', health: this.#stored.health() };
    if (call.what === 'import') return await this.#import(call);
    if (call.what === 'empty') return await this.#empty(call.user);
    return queue === undefined
      ? { what: 'refused', sentence: 'Cannot look into the queue: it is not running' }
      : await queue.answer(call);
  }

  async #empty(user: string): Promise<PostAnswer> {
    // The configuration without the person comes first: what arrives until it is followed would stay.
    await this.#turn;
    try {
      const messages = await this.#stored.empty(user);
      this.#reportMailboxes();
      return { what: 'empty', messages };
    } catch (error) {
      const sentence = `Cannot delete the mail of ${user}: ${messageOf(error)}`;
      this.#log.logFor('mail').error(sentence);
      return { what: 'refused', sentence };
    }
  }

  async #import({ user, mail }: Extract<PostCall, { readonly what: 'import' }>): Promise<PostAnswer> {
    try {
      return { what: 'import', imported: await this.#desk.import(user, mail) };
    } catch (error) {
      if (!(error instanceof UserError))
        this.#log.logFor('mail').error(`Mail cannot be put into the mailbox of ${user}: ${messageOf(error)}`);
      return { what: 'refused', sentence: messageOf(error) };
    }
  }

  /** Why mail cannot go out, if so: it is refused then, and all else goes on. */
  async #configureQueue(options: PostOptions): Promise<string | undefined> {
    try {
      if (this.#queue === undefined) this.#queue = await this.#startQueue(options);
      else this.#queue.configure(options);
      return undefined;
    } catch (error) {
      const sentence = `Cannot send mail to other hosts: ${messageOf(error)}`;
      this.#log.logFor('queue').error(sentence);
      return sentence;
    }
  }

  #startQueue(options: PostOptions): Promise<PostQueue> {
    const ports = {
      store: this.#store,
      queue: this.#stored.queue,
      noticeRoom: (user: string) => this.#stored.noticeRoom(user),
      files: this.#files,
      udp: new NodeUdp(),
      tcp: new NodeTcp(),
      https: new NodeHttps(),
      clock: new NodeClock(),
      random: new NodeRandom(),
      log: this.#log.logFor('queue'),
      onChange: () => this.#reportSoon(),
    };
    return PostQueue.start(ports, options, this.#isUp);
  }

  async stop(): Promise<void> {
    await this.#turn;
    await this.#office.close();
    await this.#expiry.stop();
    await this.#queue?.close();
    await this.#stored.close();
  }

  /** Tells how the storage does, if that has changed. */
  reportStorage(): void {
    const all = this.#stored.health();
    const health = { ...all, damage: all.damage.slice(0, MOST_DAMAGE) };
    const report = { problem: this.#room ?? health.problem ?? null, health } as const;
    this.#tell('storage', { kind: 'storage', ...report });
  }

  /** Tells how much waits to go out, and why, if that has changed. */
  async #reportOutgoing(): Promise<void> {
    const troubles = (await this.#queue?.troubles()) ?? [];
    const waiting = this.#queue?.waiting() ?? null;
    this.#tell('outgoing', { kind: 'outgoing', troubles, waiting });
  }

  #tell(what: string, message: FromRole): void {
    const text = JSON.stringify(message);
    if (this.#told.get(what) === text) return;
    this.#told.set(what, text);
    this.#parent.send(message);
  }

  #reportSoon(): void {
    if (!this.#looksSoon) this.#lookIn(LOOK_AFTER);
    this.#looksSoon = true;
    if (this.#pending !== undefined) return;
    this.#pending = setTimeout(() => this.#reportMailboxes(), REPORT_AFTER);
  }

  #lookIn(delay: Duration): void {
    clearTimeout(this.#look);
    this.#look = setTimeout(() => {
      this.#looksSoon = false;
      this.#lookIn(LOOK_EVERY);
      this.#reportOutgoing().catch((error: unknown) =>
        this.#log.logFor('queue').warn(`Cannot look through the queue: ${messageOf(error)}`),
      );
    }, delay);
  }

  /** The people of the configuration, with or without mail, then mailboxes of people who are gone. */
  #reportMailboxes(): void {
    this.#pending = undefined;
    this.reportStorage();
    const summaries = this.#stored.summaries();
    const empty = this.#users.filter((user) => !summaries.some((one) => one.user === user));
    const mailboxes = [...summaries, ...empty.map((user) => ({ user, messages: 0, octets: 0 }))];
    this.#parent.send({
      kind: 'mailboxes',
      mailboxes: mailboxes.toSorted((a, b) => (a.user < b.user ? -1 : 1)),
    });
  }
}

/** Answers every configuration with the reason while the store cannot be opened; the parent starts the role again. */
function failure(options: PostOptions, reason: string): FromRole {
  const services = options.listeners.map(({ service }) => ({ name: service, ok: false, detail: reason }));
  return { kind: 'services', services, taken: undefined };
}

/** What `net` has said before the role could listen, or in spite of its failure. */
interface Heard {
  options?: PostOptions;
  isUp?: boolean;
}

/** The `post` role: SMTP, POP3 and the mail store, as a user who can read and write nothing else. */
export async function startPost({ data }: RunSettings): Promise<void> {
  const log = new RingLog({ clock: new NodeClock(), print: () => undefined });
  const heard: Heard = {};
  let role: PostRole | undefined;
  let problem: string | undefined;
  const answer = async (call: PostCall): Promise<PostAnswer> =>
    (await role?.answer(call)) ?? { what: 'refused', sentence: problem ?? 'The post office is starting' };
  const onMessage = (message: ToPost): void => {
    switch (message.kind) {
      case 'configure':
        heard.options = message.options;
        role?.configure(message.options);
        if (problem !== undefined) parent.send(failure(message.options, problem));
        return;
      case 'uplink':
        heard.isUp = message.isUp;
        role?.setUplink(message.isUp);
        return;
      case 'call':
        void answer(message.call).then((one) =>
          parent.send({ kind: 'answer', request: message.request, answer: one }),
        );
        return;
      case 'stop':
        void (role?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
        return;
      default:
        unreachable(message);
    }
  };
  const parent = openParentChannel<FromRole, ToPost>({ onMessage, onGone: () => process.exit(0) });
  log.subscribe((entry) => parent.send({ kind: 'log', entry }));
  const fail = (reason: string): void => {
    problem = `Cannot open the mail store: ${reason}`;
    log.logFor('mail').error(problem);
    parent.send({ kind: 'storage', problem, health: { lastScrub: undefined, damage: [], problem } });
    if (heard.options !== undefined) parent.send(failure(heard.options, problem));
  };
  try {
    await storeTurn(data, fail);
    problem = undefined;
    const [files, clock] = [nodeFiles(data), new NodeClock()];
    const stored = await openMailStore({
      files,
      clock,
      gathering: clock,
      random: new NodeRandom(),
      log: log.logFor('mail'),
      onHealth: () => role?.reportStorage(),
      onChecked: () => role?.reportStorage(),
    });
    role = new PostRole(parent, log, { stored, files });
    role.reportStorage();
    stored.scrubDaily();
    if (heard.isUp !== undefined) role.setUplink(heard.isUp);
    if (heard.options !== undefined) role.configure(heard.options);
  } catch (error) {
    fail(messageOf(error));
  }
}
