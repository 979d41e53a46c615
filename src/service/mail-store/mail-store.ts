import { MailIndex } from '../../engine/mail-store/mail-index.ts';
import { encodeMail, removeRecords } from '../../engine/mail-store/record.ts';
import { type Journal, openJournal } from '../../io/journal/journal.ts';
import type { Clock } from '../../port/clock.ts';
import type { FirstReads } from '../../port/first-reads.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import type { QueueStore } from '../../port/mail-queue.ts';
import type {
  Envelope,
  MailHealth,
  MailStore,
  MailboxSummary,
  Maildrop,
  StoredMessage,
} from '../../port/mailbox.ts';
import type { Random } from '../../port/random.ts';
import { BlobFiles } from './blob-files.ts';
import { Damage } from './damage.ts';
import { Drafts } from './drafts.ts';
import { JournaledFirstReads } from './first-reads.ts';
import { FreeSpace } from './free-space.ts';
import { DEFAULT_MAIL_LIMITS, type MailStoreLimits } from './limits.ts';
import { MailLog, readableRecord } from './mail-log.ts';
import { JournaledMailQueue } from './mail-queue.ts';
import { OpenMaildrop } from './maildrop.ts';
import { MaildropLocks } from './maildrop-locks.ts';
import { type QuotaOf, Quotas } from './quotas.ts';
import { Scrubber } from './scrubber.ts';

export interface MailStoreOptions {
  /** The data directory; the store is `mail/` in it. */
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<MailStoreLimits>;
  /** With a clock, many deliveries at a time wait a moment for one another, to save writing. */
  readonly gathering?: Pick<Clock, 'now' | 'wake'>;
  /** Damage was found that was not known before, or the storage can be written no more, or again; {@link JournaledMailStore.health} tells of it. */
  readonly onHealth?: () => void;
  /** All was checked. */
  readonly onChecked?: () => void;
}

/** Opens the mail store and rebuilds its index. @throws KernelError, UserError */
export async function openMailStore(options: MailStoreOptions): Promise<JournaledMailStore> {
  const { files, log, clock } = options;
  const limits = { ...DEFAULT_MAIL_LIMITS, ...options.limits };
  const index = new MailIndex();
  const blobs = new BlobFiles(files);
  const onFound = (sentence: string): void => {
    log.error(sentence);
    options.onHealth?.();
  };
  const damage = new Damage({ index, onFound });
  const journal = await openMailJournal(options, limits, { index, damage });
  index.replayed();
  await blobs.prepare();
  const highest = await sweepBlobs(blobs, index, damage.list().length > 0);
  journal.reserveSequence(highest);
  const onFinished = (): void => options.onChecked?.();
  const scrubber = new Scrubber({ files, journal, index, blobs, damage, clock, log, onFinished });
  await scrubber.load();
  const onProblem = (): void => options.onHealth?.();
  const mailLog = new MailLog({ ...limits, files, journal, index, blobs, damage, log, onProblem });
  return new JournaledMailStore({ log: mailLog, limits, files, blobs, clock, damage, scrubber });
}

function openMailJournal(
  options: MailStoreOptions,
  { segmentSize }: MailStoreLimits,
  { index, damage }: { readonly index: MailIndex; readonly damage: Damage },
): Promise<Journal> {
  return openJournal({
    ...options,
    directory: 'mail',
    prefix: 'segment',
    segmentSize,
    hasIndexFiles: true,
    apply: ({ type, header, position }) => {
      const record = readableRecord(type, header);
      if (record !== undefined) index.apply(record, position);
      else options.log.warn(`A record of type ${type} in the mail store is not understood and left out`);
    },
    onDamage: (place) => damage.addPlace(place),
  });
}

/** Removes blobs that no message needs, except after damage, when the record that needs one may be what is lost. @returns the highest number of all */
async function sweepBlobs(blobs: BlobFiles, index: MailIndex, isDamaged: boolean): Promise<number> {
  let highest = 0;
  for (const id of await blobs.list()) {
    highest = Math.max(highest, id);
    // One that cannot be removed now, as on a file system that has become read-only, goes at a later start.
    if (!isDamaged && index.find(id) === undefined) await blobs.remove(id).catch(() => {});
  }
  return highest;
}

interface Parts {
  readonly log: MailLog;
  readonly limits: MailStoreLimits;
  readonly files: Files;
  readonly blobs: BlobFiles;
  readonly clock: Clock;
  readonly damage: Damage;
  readonly scrubber: Scrubber;
}

/** The post office's storage: every message once, in one append-only log for the queue and all mailboxes. */
export class JournaledMailStore implements MailStore {
  /** Mail for other hosts. */
  readonly queue: QueueStore;
  readonly firstReads: FirstReads;
  readonly #log: MailLog;
  readonly #drafts: Drafts;
  readonly #space: FreeSpace;
  readonly #quotas: Quotas;
  readonly #noticeReserve: number;
  readonly #damage: Damage;
  readonly #scrubber: Scrubber;
  readonly #locks = new MaildropLocks();

  constructor({ log, limits, files, blobs, clock, damage, scrubber }: Parts) {
    this.#log = log;
    this.#drafts = new Drafts({ log, blobs, clock, inlineMessage: limits.inlineMessage });
    this.#space = new FreeSpace(files, limits.deliveryFloor);
    this.#noticeReserve = limits.noticeReserve;
    this.#quotas = new Quotas((user) => log.index.octets(user));
    this.#damage = damage;
    this.#scrubber = scrubber;
    this.firstReads = new JournaledFirstReads(log);
    this.queue = new JournaledMailQueue({ log, drafts: this.#drafts, space: this.#space });
  }

  async deliver(envelope: Envelope, message: Uint8Array): Promise<void> {
    const users = envelope.isNotice === true ? [] : [...new Set(envelope.users)];
    this.#quotas.claim(users, message.length);
    try {
      await this.#space.claim(message.length);
      const draft = await this.#drafts.make(envelope, message);
      await this.#log.commit({ ...draft, what: `store a message of ${message.length} bytes` });
    } finally {
      this.#quotas.release(users, message.length);
    }
  }

  open(user: string, access: 'exclusive' | 'shared' = 'exclusive'): Promise<Maildrop | undefined> {
    if (!this.#locks.acquire(user, access)) return Promise.resolve(undefined);
    const { index } = this.#log;
    return Promise.resolve(
      new OpenMaildrop(index.list(user), {
        isHeld: (id) => index.isHeld(id, user),
        read: (id, part) => this.#log.read(id, part),
        remove: (ids) => this.#remove(user, ids),
        unlock: () => this.#locks.release(user),
      }),
    );
  }

  /** The messages of a user, the oldest first, whoever has the mailbox open. */
  list(user: string): readonly StoredMessage[] {
    return this.#log.index.messages(user).map(({ uid, size, received }) => ({ uid, size, received }));
  }

  summaries(): readonly MailboxSummary[] {
    return this.#log.index.summaries();
  }

  /** Removes all mail of a user, whoever has the mailbox open: for them it is gone. @returns how many messages */
  async empty(user: string): Promise<number> {
    const ids = this.#log.index.list(user).map(({ id }) => id);
    if (ids.length > 0) await this.#remove(user, ids);
    return ids.length;
  }

  /** Limits of the mailboxes from now on; one that is larger already takes nothing more. */
  setQuotas(limitOf: QuotaOf): void {
    this.#quotas.setLimits(limitOf);
  }

  /** Octets that still fit into a mailbox; Infinity without a limit. To refuse early: {@link deliver} asks again. */
  room(user: string): number {
    return this.#quotas.room(user);
  }

  /** Octets of notices of this host that a mailbox still takes: also a full one, but not without end. */
  noticeRoom(user: string): number {
    return this.#quotas.roomWith(user, this.#noticeReserve);
  }

  health(): MailHealth {
    return {
      lastScrub: this.#scrubber.lastScrub,
      damage: [...this.#damage.list(), ...this.#damage.lost()],
      problem: this.#log.problem ?? this.#damage.sentence(),
    };
  }

  /** Reads and checks everything once a day from now on, until {@link close}. */
  scrubDaily(): void {
    this.#scrubber.start();
  }

  /** Reads and checks everything now, at the same slow pace. */
  async scrub(): Promise<void> {
    await this.#scrubber.scrub();
  }

  /** Gives the room of removed messages back where it is worth it; happens by itself after removals. */
  async compact(): Promise<void> {
    await this.#log.compact();
  }

  /** Waits for what is under way and lets go of the files. */
  async close(): Promise<void> {
    await this.#scrubber.stop();
    await this.#log.close();
  }

  async #remove(user: string, ids: readonly number[]): Promise<void> {
    await this.#log.commit({
      records: removeRecords(user, ids).map(encodeMail),
      released: ids,
      what: `remove ${ids.length} messages`,
    });
  }
}
