import process from 'node:process';
import { tryParseAddress, isIpv4 } from '../base/address.ts';
import { messageOf } from '../base/errors.ts';
import { contains4, parsePrefix4 } from '../base/prefix.ts';
import { RingLog } from '../io/log/ring-log.ts';
import { NodeClock } from '../io/node/clock.ts';
import { nodeFiles } from '../io/node/files.ts';
import { openParentChannel } from '../io/node/parent-channel.ts';
import { NodeRandom } from '../io/node/random.ts';
import { type MailStore, StoreFullError } from '../port/mailbox.ts';
import type { ParentChannel } from '../port/process.ts';
import { type JournaledMailStore, openMailStore } from '../service/mail-store/mail-store.ts';
import type { FromRole, PostOptions, ToPost } from './ipc.ts';
import { PostOffice } from './post-office.ts';
import type { RunSettings } from './settings.ts';

/** After a delivery or a removal the list of mailboxes is reported once things are quiet for this long. */
const REPORT_AFTER = 200;

/** Whether a client belongs to the office: the LAN, or the box itself. */
function lanPredicate(lan: string): (address: string) => boolean {
  const prefix = parsePrefix4(lan);
  const loopback = parsePrefix4('127.0.0.0/8');
  return (text) => {
    const address = tryParseAddress(text);
    return (
      address !== undefined && isIpv4(address) && (contains4(prefix, address) || contains4(loopback, address))
    );
  };
}

/** Reports the mailboxes after every change of one, and whether there is room for mail. */
function reporting(
  store: MailStore,
  report: () => void,
  onRoom: (problem: string | null) => void,
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
    },
    open: async (user) => {
      const maildrop = await store.open(user);
      if (maildrop === undefined) return undefined;
      return {
        messages: maildrop.messages,
        read: (uid) => maildrop.read(uid),
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

class PostRole {
  readonly #parent: ParentChannel<FromRole>;
  readonly #log: RingLog;
  readonly #office: PostOffice;
  readonly #stored: JournaledMailStore;
  #users: readonly string[] = [];
  #pending: NodeJS.Timeout | undefined;
  /** Why no mail is taken, and what was last reported of the storage. */
  #room: string | null = null;
  #problem: string | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(parent: ParentChannel<FromRole>, log: RingLog, stored: JournaledMailStore) {
    this.#parent = parent;
    this.#log = log;
    this.#stored = stored;
    const store = reporting(
      stored,
      () => this.#reportSoon(),
      (problem) => {
        if (problem === this.#room) return;
        this.#room = problem;
        this.reportStorage();
      },
    );
    this.#office = new PostOffice({
      store,
      clock: new NodeClock(),
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
    const report = await this.#office.configure(options, lanPredicate(options.lan));
    this.#parent.send({ kind: 'services', ...report });
    this.#reportMailboxes();
  }

  async stop(): Promise<void> {
    await this.#turn;
    await this.#office.close();
    await this.#stored.close();
  }

  /** Tells what is wrong with the storage, if that has changed. */
  reportStorage(): void {
    const problem = this.#room ?? this.#stored.health().problem ?? null;
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#parent.send({ kind: 'storage', problem });
  }

  #reportSoon(): void {
    if (this.#pending !== undefined) return;
    this.#pending = setTimeout(() => this.#reportMailboxes(), REPORT_AFTER);
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

/** The `post` role: SMTP, POP3 and the mail store, as a user who can read and write nothing else. */
export async function startPost({ data }: RunSettings): Promise<void> {
  const log = new RingLog({ clock: new NodeClock(), print: () => undefined });
  let role: PostRole | undefined;
  let problem: string | undefined;
  let latest: PostOptions | undefined;
  const parent = openParentChannel<FromRole, ToPost>({
    onMessage: (message) => {
      if (message.kind === 'stop') void (role?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
      else if (problem !== undefined) parent.send(failure(message.options, problem));
      else if (role === undefined) latest = message.options;
      else role.configure(message.options);
    },
    onGone: () => process.exit(0),
  });
  log.subscribe((entry) => parent.send({ kind: 'log', entry }));
  try {
    const store = await openMailStore({
      files: nodeFiles(data),
      clock: new NodeClock(),
      random: new NodeRandom(),
      log: log.logFor('mail'),
      onDamage: () => role?.reportStorage(),
    });
    role = new PostRole(parent, log, store);
    role.reportStorage();
    store.scrubDaily();
    if (latest !== undefined) role.configure(latest);
  } catch (error) {
    problem = `Cannot open the mail store: ${messageOf(error)}`;
    log.logFor('mail').error(problem);
    parent.send({ kind: 'storage', problem });
    if (latest !== undefined) parent.send(failure(latest, problem));
  }
}
