import { type Duration, Hours, Milliseconds } from '../../../src/base/duration.ts';
import { latin1 } from '../../../src/base/text.ts';
import type { QueueLimits } from '../../../src/engine/mail-queue/limits.ts';
import type { Files } from '../../../src/port/files.ts';
import type { RemoteRecipient } from '../../../src/port/mail-queue.ts';
import { type JournaledMailStore, openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import {
  type QueueOptions,
  type QueuePorts,
  type QueueService,
  startQueue,
} from '../../../src/service/queue/start-queue.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FakeSmtpClient } from '../../fake/fake-smtp-client.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { wholeContent } from '../../fake/whole-content.ts';

export const DOMAIN = 'office.example';

/** `alice` and `postmaster` are here, everything with another domain is elsewhere. */
function resolve(address: string): { users: string[]; outside: string[] } {
  const [local = '', domain = DOMAIN] = address.split('@');
  if (domain !== DOMAIN) return { users: [], outside: [address] };
  return { users: ['alice', 'postmaster'].filter((user) => user === local), outside: [] };
}

export const OPTIONS: QueueOptions = {
  hostName: 'mail.office.example',
  domain: DOMAIN,
  domains: [DOMAIN],
  resolve,
  rules: [],
  senderFor: (sender) => sender,
};

export interface TestQueueOptions {
  readonly files?: Files;
  readonly clock?: FakeClock;
  readonly names?: FakeNames;
  readonly client?: FakeSmtpClient;
  readonly seed?: number;
  readonly limits?: Partial<QueueLimits>;
  readonly queue?: Partial<QueueOptions>;
  readonly ports?: Partial<QueuePorts>;
}

/** A queue on a mail store in memory, on a clock that the test moves, with a made-up Internet. */
export class TestQueue {
  readonly clock: FakeClock;
  readonly names: FakeNames;
  readonly client: FakeSmtpClient;
  readonly log = new MemoryLog();
  readonly store: JournaledMailStore;
  readonly service: QueueService;

  private constructor(
    store: JournaledMailStore,
    options: Required<Pick<TestQueueOptions, 'clock' | 'names' | 'client'>> & TestQueueOptions,
  ) {
    const { clock, names, client, seed = 1 } = options;
    [this.clock, this.names, this.client, this.store] = [clock, names, client, store];
    this.service = startQueue(
      {
        store: store.queue,
        deliver: (envelope, message) => store.deliver(envelope, message),
        noticeRoom: (user) => store.noticeRoom(user),
        names,
        client,
        policyOf: async () => undefined,
        isOwnAddress: () => false,
        clock,
        random: new FakeRandom(seed),
        log: this.log,
        ...options.ports,
      },
      { ...OPTIONS, ...options.queue },
      { limits: options.limits ?? {} },
    );
  }

  static async start(options: TestQueueOptions = {}): Promise<TestQueue> {
    const {
      files = new MemoryFiles(),
      clock = new FakeClock(),
      names = new FakeNames(),
      client = new FakeSmtpClient(),
    } = options;
    const limits = { segmentSize: 2 ** 18, inlineMessage: 6000, deliveryFloor: 0, compactionFloor: 0 };
    const store = await openMailStore({
      files,
      clock,
      random: new FakeRandom(3),
      log: new MemoryLog(),
      limits,
    });
    return new TestQueue(store, { ...options, clock, names, client });
  }

  /** Mail of alice comes into the queue. */
  async accept(
    subject: string,
    recipients: readonly (string | RemoteRecipient)[],
    more: {
      readonly sender?: string;
      readonly returns?: 'full' | 'headers';
      readonly envelopeId?: string;
    } = {},
  ): Promise<void> {
    const remote = recipients.map((one) => (typeof one === 'string' ? { address: one } : one));
    const message = latin1(
      `Return-Path: <alice@office.example>\r\nReceived: by mail.office.example\r\nSubject: ${subject}\r\n\r\nHello.\r\n`,
    );
    await this.store.deliver({ sender: `alice@${DOMAIN}`, users: [], remote, ...more }, message);
    this.service.wake();
  }

  /** Lets the time go by in steps small enough for everything that follows from one thing to happen. */
  async pass(time: Duration, step: Duration = Hours(1)): Promise<void> {
    for (let left = time as number; left > 0; left -= step) {
      await this.clock.advance(Math.min(left, step) as Duration);
      await this.#settle();
    }
  }

  /** Until nothing happens any more but what wants minutes. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await this.pass(Milliseconds(100), Milliseconds(100));
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await this.clock.settle();
  }

  /** Subjects a host took for a recipient, in order. */
  receivedBy(recipient: string): string[] {
    return this.client.received
      .filter((one) => one.recipient === recipient)
      .map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1] ?? '');
  }

  /** The messages in a mailbox here. */
  async mailbox(user: string): Promise<string[]> {
    const maildrop = await this.store.open(user);
    if (maildrop === undefined) return [];
    const texts = await Promise.all(
      maildrop.messages.map(async ({ uid }) =>
        Buffer.from(await wholeContent(await maildrop.read(uid))).toString('latin1'),
      ),
    );
    maildrop.close();
    return texts;
  }
}
