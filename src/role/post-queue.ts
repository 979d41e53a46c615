import { networkInterfaces } from 'node:os';
import { parseAddress } from '../base/address.ts';
import { UserError, messageOf } from '../base/errors.ts';
import { parsePrefix4 } from '../base/prefix.ts';
import { DNS_PORT } from '../base/upstream.ts';
import { SenderRewriting } from '../engine/mail-queue/srs.ts';
import type { KeyedHash } from '../engine/mail-queue/srs.ts';
import type { QueueTrouble } from '../engine/mail-queue/troubles.ts';
import { MailRouting } from '../engine/mail-routing/mail-routing.ts';
import type { QueueStatus } from '../port/queue-status.ts';
import type { Clock } from '../port/clock.ts';
import type { Files } from '../port/files.ts';
import type { HttpsFetcher } from '../port/https.ts';
import type { Log } from '../port/log.ts';
import type { QueueStore } from '../port/mail-queue.ts';
import type { MailStore } from '../port/mailbox.ts';
import type { Random } from '../port/random.ts';
import type { SmtpClient } from '../port/smtp-client.ts';
import type { TcpPort } from '../port/tcp.ts';
import type { Endpoint, IpAddress, UdpDialer } from '../port/udp.ts';
import { NameClient } from '../service/name-client.ts';
import type { Addressees } from '../service/queue/notices.ts';
import { openSenderKey } from '../service/queue/sender-key.ts';
import { NodeSmtpClient } from '../service/queue/smtp-client.ts';
import { type QueueOptions, type QueueService, startQueue } from '../service/queue/start-queue.ts';
import { StsPolicies } from '../service/queue/sts-policies.ts';
import type { startSmtp } from '../service/smtp/start-smtp.ts';
import { splitMailbox } from '../wire/smtp/mailbox-name.ts';
import type { PostOptions, QueueAnswer, QueueCall } from './ipc.ts';
import { localDomains, mailDirectoryOf } from './mail-directory-of.ts';

export interface PostQueuePorts {
  readonly store: MailStore;
  readonly queue: QueueStore;
  readonly files: Files;
  readonly udp: UdpDialer;
  readonly tcp: TcpPort;
  readonly https: HttpsFetcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where names are asked for; by default at the box's address on the LAN. */
  readonly resolvers?: readonly Endpoint[];
  /** Octets of notices that still fit into a mailbox. */
  readonly noticeRoom?: (user: string) => number;
  /** By default by SMTP. */
  readonly client?: SmtpClient;
  /** The queue or a mailbox looks different now. */
  readonly onChange: () => void;
}

type Outgoing = NonNullable<Parameters<typeof startSmtp>[0]['outgoing']>;

/** Whether an address is one of this machine's, loopback included. */
function isOwnAddress(address: IpAddress): boolean {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return own.some((one) => parseAddress(one.address) === address);
}

/** Mail to other hosts under one configuration after the other: the queue, and what the servers need to fill it. */
export class PostQueue {
  readonly #ports: PostQueuePorts;
  readonly #hash: KeyedHash;
  readonly #policies: StsPolicies;
  #options: PostOptions;
  #service: QueueService | undefined;
  #rewriting: SenderRewriting;
  #routing: MailRouting;
  #isUp = true;

  private constructor(ports: PostQueuePorts, hash: KeyedHash, options: PostOptions) {
    this.#ports = ports;
    this.#hash = hash;
    this.#options = options;
    const { files, https, clock, log } = ports;
    this.#policies = new StsPolicies({ names: this.#names(), files, https, clock, log });
    this.#rewriting = this.#rewritingOf(options);
    this.#routing = this.#routingOf(options);
  }

  /** Begins to send. */
  static async start(ports: PostQueuePorts, options: PostOptions, isUp: boolean): Promise<PostQueue> {
    const queue = new PostQueue(ports, await openSenderKey(ports.files, ports.random), options);
    queue.#isUp = isUp;
    await queue.#policies.load();
    queue.#startService();
    return queue;
  }

  /** What the servers that take mail are told. */
  get outgoing(): Outgoing {
    return {
      mayRelay: ({ user, isLan }) => user !== undefined || (isLan && this.#options.relaysLan),
      reportDelivery: (report) => this.#service?.reportDelivery(report),
      reportFailure: async (report) => await this.#service?.reportFailure(report),
    };
  }

  configure(options: PostOptions): void {
    this.#options = options;
    this.#rewriting = this.#rewritingOf(options);
    this.#routing = this.#routingOf(options);
    this.#service?.setOptions(this.#queueOptions());
  }

  /** The sender that an address of ours was made for, so that bounces find back. */
  senderBehind(local: string): string | undefined {
    return this.#rewriting.reverse(local, this.#ports.clock.wallTime());
  }

  wake(): void {
    this.#service?.wake();
  }

  setUplink(isUp: boolean): void {
    this.#isUp = isUp;
    this.#service?.setUplink(isUp);
  }

  async troubles(): Promise<readonly QueueTrouble[]> {
    return (await this.#service?.troubles()) ?? [];
  }

  /** What has not left yet. */
  waiting(): QueueStatus {
    const entries = this.#ports.queue.entries();
    const oldest = entries.reduce((least, { accepted }) => Math.min(least, accepted), Infinity);
    return {
      messages: entries.length,
      held: entries.filter(({ isHeld }) => isHeld).length,
      oldest: entries.length === 0 ? null : new Date(oldest).toISOString(),
    };
  }

  async answer(call: QueueCall): Promise<QueueAnswer> {
    const service = this.#service;
    if (service === undefined) return { what: 'refused', sentence: 'The queue is not running' };
    try {
      if (call.what === 'view') return { what: 'view', view: await service.view(call.entries) };
      if (call.what === 'history') return { what: 'history', events: service.history(call.id) };
      await service.act(call.what, call.id);
      return { what: 'done' };
    } catch (error) {
      if (!(error instanceof UserError))
        this.#ports.log.error(`A call about the queue failed: ${messageOf(error)}`);
      return { what: 'refused', sentence: messageOf(error) };
    }
  }

  async close(): Promise<void> {
    await this.#service?.close();
  }

  #startService(): void {
    const { client = new NodeSmtpClient({ hostName: () => this.#options.hostName }), store } = this.#ports;
    this.#service = startQueue(
      {
        ...this.#ports,
        store: this.#ports.queue,
        deliver: (envelope, message) => store.deliver(envelope, message),
        names: this.#names(),
        client,
        policyOf: (domain) => this.#policies.policyOf(domain),
        isOwnAddress,
      },
      this.#queueOptions(),
      { onChange: this.#ports.onChange },
    );
    this.#service.setUplink(this.#isUp);
  }

  #names(): NameClient {
    const { resolvers } = this.#ports;
    return new NameClient({
      ...this.#ports,
      servers: () => resolvers ?? [{ address: parsePrefix4(this.#options.lan).address, port: DNS_PORT }],
    });
  }

  #rewritingOf({ domains, hostName }: PostOptions): SenderRewriting {
    return new SenderRewriting(domains[0] ?? hostName, this.#hash);
  }

  #routingOf(options: PostOptions): MailRouting {
    return new MailRouting(mailDirectoryOf(options, (local) => this.senderBehind(local)));
  }

  #queueOptions(): QueueOptions {
    const { hostName, domains, routes } = this.#options;
    return {
      hostName,
      domain: domains[0] ?? hostName,
      domains,
      rules: routes,
      resolve: (address) => this.#resolve(address),
      senderFor: (sender) => this.#senderFor(sender),
    };
  }

  #resolve(address: string): Addressees {
    const route = this.#routing.resolve(address);
    if (route.kind === 'here') return route;
    return { users: [], outside: route.kind === 'elsewhere' ? [address] : [] };
  }

  /** Mail of others is passed on under an address of ours: theirs would not fit where it comes from. */
  #senderFor(sender: string): string {
    const { domain } = splitMailbox(sender);
    const isOurs = domain === '' || localDomains(this.#options).includes(domain);
    return isOurs ? sender : this.#rewriting.rewrite(sender, this.#ports.clock.wallTime());
  }
}
