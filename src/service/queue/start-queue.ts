import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { Seconds } from '../../base/duration.ts';
import { type Timestamp, after } from '../../base/instant.ts';
import { type ReportFacts } from '../../engine/mail-queue/compose-report.ts';
import { History } from '../../engine/mail-queue/history.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from '../../engine/mail-queue/limits.ts';
import { queueTime } from '../../engine/mail-queue/entry-times.ts';
import type { PlannedReport } from '../../engine/mail-queue/settle.ts';
import type { QueueTrouble } from '../../engine/mail-queue/troubles.ts';
import { type RouteRule, Routing } from '../../engine/mail-queue/routing.ts';
import type { MailHistoryEvent, MailQueueAction, MailQueueView } from '../../port/mail-queue-view.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { QueueStore } from '../../port/mail-queue.ts';
import type { Envelope } from '../../port/mailbox.ts';
import type { NameLookup } from '../../port/name-lookup.ts';
import type { Random } from '../../port/random.ts';
import type { SmtpClient } from '../../port/smtp-client.ts';
import type { IpAddress } from '../../port/udp.ts';
import type { RecipientStatus } from '../../wire/mail/delivery-status.ts';
import type { StsPolicy } from '../../wire/mail/mta-sts.ts';
import { Attempts } from './attempts.ts';
import { Delivery } from './delivery.ts';
import { MailQueue } from './mail-queue.ts';
import { type NoticeOptions, Notices } from './notices.ts';
import { QueueDates } from './queue-dates.ts';
import { QueueDesk } from './queue-desk.ts';
import { SessionPool } from './session-pool.ts';
import { Settler } from './settler.ts';

export interface QueuePorts {
  readonly store: QueueStore;
  /** For notices about mail that never was in the queue. */
  readonly deliver: (envelope: Envelope, message: Uint8Array) => Promise<void>;
  readonly names: NameLookup;
  readonly client: SmtpClient;
  readonly policyOf: (domain: string) => Promise<StsPolicy | undefined>;
  /** Whether an address is one of this machine's. */
  readonly isOwnAddress: (address: IpAddress) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Octets of notices that still fit into a user's mailbox; without it all do. */
  readonly noticeRoom?: (user: string) => number;
  readonly log: Log;
}

/** What the configuration says of mail going out. */
export interface QueueOptions extends NoticeOptions {
  readonly rules: readonly RouteRule[];
  /** Domains whose mail comes here. */
  readonly domains: readonly string[];
  /** The sender to name to other hosts. */
  readonly senderFor: (sender: string) => string;
}

/** A success that is told by this host because the mail ended here. */
export interface LocalSuccess {
  readonly sender: string;
  readonly envelopeId: string | undefined;
  readonly returns: 'full' | 'headers' | undefined;
  readonly time: Timestamp;
  readonly recipients: readonly {
    readonly address: string;
    readonly originalRecipient: string | undefined;
    readonly action: 'delivered' | 'expanded';
  }[];
  readonly message: Uint8Array;
}

/** A message that could not be put into the mailboxes behind these addresses, as they are full. */
export interface LocalFailure extends Omit<LocalSuccess, 'recipients'> {
  readonly recipients: readonly {
    readonly address: string;
    readonly originalRecipient: string | undefined;
  }[];
}

export interface QueueService {
  setOptions(options: QueueOptions): void;
  /** Mail has come into the queue. */
  wake(): void;
  /** Whether there is a way to the Internet; its return makes everything due. */
  setUplink(isUp: boolean): void;
  /** With so many entries in full; all that may be shown without. */
  view(most?: number): Promise<MailQueueView>;
  /** Why mail does not go out. */
  troubles(): Promise<readonly QueueTrouble[]>;
  /** Of the message of an entry, also when it has left the queue. */
  history(id: number): readonly MailHistoryEvent[];
  /** @throws UserError */
  act(action: MailQueueAction, id: number): Promise<void>;
  reportDelivery(success: LocalSuccess): void;
  /** Returns a message; on stable storage when it resolves. @throws StoreFullError, KernelError */
  reportFailure(failure: LocalFailure): Promise<void>;
  /** Lets attempts under way end for a while, then breaks them off: they are repeated later. */
  close(): Promise<void>;
}

/** How long the end of the service waits for messages under way. */
const CLOSE_TIME = Seconds(5);

function queueClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wallTime: () => queueTime(clock.wallTime()),
    wake: (at, action) => clock.wake(at, action),
  };
}

function isOwnHost({ hostName, domains }: QueueOptions, host: string): boolean {
  const name = host.toLowerCase();
  return name === hostName.toLowerCase() || domains.includes(name);
}

/** Sends the mail of the queue from now on. */
export function startQueue(
  ports: QueuePorts,
  first: QueueOptions,
  {
    onChange = () => {},
    limits: given = {},
  }: { readonly onChange?: () => void; readonly limits?: Partial<QueueLimits> } = {},
): QueueService {
  const { store, random, log } = ports;
  const clock = queueClock(ports.clock);
  const limits = { ...DEFAULT_QUEUE_LIMITS, ...given };
  let options = first;
  let rules = new Routing(first.rules);
  const routing = (): Routing => rules;
  const closing = Promise.withResolvers<void>();
  const history = new History();
  const pool = new SessionPool(clock);
  const room = ports.noticeRoom ?? (() => Infinity);
  const notices = new Notices({ options: () => options, random, room, log });
  const delivery = new Delivery({ ...ports, pool, isOwnHost: (host) => isOwnHost(options, host) });
  const dates = new QueueDates({ store, clock, log });
  const shared = { store, history, limits, clock, dates, random, log, routing, onChange };
  const settler = new Settler({ ...shared, notices, closing: closing.promise });
  const senderFor = (sender: string): string => options.senderFor(sender);
  const attempts = new Attempts({ ...shared, delivery, settler, senderFor });
  const queue = new MailQueue({ ...shared, attempts });
  const desk = new QueueDesk({ ...shared, queue, settler });
  queue.refresh();
  return {
    setOptions: (next) => {
      const isRerouted = !isDeepStrictEqual(next.rules, options.rules);
      options = next;
      rules = new Routing(next.rules);
      if (isRerouted) queue.reroute();
      else queue.refresh();
    },
    wake: () => queue.refresh(),
    setUplink: (isUp) => queue.setUplink(isUp),
    view: (most) => desk.view(most),
    troubles: () => desk.troubles(),
    history: (id) => desk.history(id),
    act: (action, id) => desk.act(action, id),
    reportDelivery: (success) => {
      tellDelivery(success, { notices, deliver: ports.deliver }).then(
        () => queue.refresh(),
        (error: unknown) => log.warn(`Cannot tell <${success.sender}> of the delivery: ${messageOf(error)}`),
      );
    },
    reportFailure: async (failure) => {
      await tellFailure(failure, { notices, deliver: ports.deliver });
      queue.refresh();
    },
    close: async () => {
      await endedOrLate(queue.close(), clock);
      closing.resolve();
      pool.close();
    },
  };
}

async function endedOrLate(ended: Promise<void>, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.wake(after(clock.now(), CLOSE_TIME), late.resolve);
  try {
    await Promise.race([ended, late.promise]);
  } finally {
    timer.cancel();
  }
}

interface Teller {
  readonly notices: Notices;
  readonly deliver: QueuePorts['deliver'];
}

const NO_ATTEMPT = { remoteHost: undefined, lastAttempt: undefined, willRetryUntil: undefined } as const;

async function tellDelivery(success: LocalSuccess, teller: Teller): Promise<void> {
  const recipients = success.recipients.map((one): RecipientStatus => {
    const text = one.action === 'delivered' ? 'In the mailbox' : 'Sent on to others';
    return { ...one, ...NO_ATTEMPT, status: '2.0.0', reply: { code: 0, enhanced: '2.0.0', text } };
  });
  await tell({ kind: 'delivered', to: 'sender', recipients }, success, teller);
}

/** RFC 3463 section 3.3: X.2.2, the mailbox is full. */
async function tellFailure(failure: LocalFailure, teller: Teller): Promise<void> {
  const reply = { code: 0, enhanced: '5.2.2', text: 'The mailbox is full' } as const;
  const recipients = failure.recipients.map((one): RecipientStatus => ({
    ...one,
    ...NO_ATTEMPT,
    action: 'failed',
    status: '5.2.2',
    reply,
  }));
  await tell(
    { kind: 'failure', to: failure.sender === '' ? 'postmaster' : 'sender', recipients },
    failure,
    teller,
  );
}

async function tell(
  report: PlannedReport,
  about: Omit<LocalSuccess, 'recipients'>,
  { notices, deliver }: Teller,
): Promise<void> {
  const { sender, envelopeId, returns, time, message } = about;
  const entry: ReportFacts['entry'] = { envelopeId, accepted: time, returns, size: message.length };
  const notice = notices.make(report, { entry, message, sender, time });
  if (notice !== undefined) await deliver(notice.envelope, notice.message);
}
