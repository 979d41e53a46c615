import { type Instant, between } from '../../base/instant.ts';
import type { Config } from '../../config/schema.ts';
import type {
  AliasStatus,
  Box,
  BoxStatus,
  CounterStatus,
  LeaseStatus,
  LogLine,
  NameStatus,
  NewUser,
  RemovedUser,
  UserStatus,
} from '../../port/box.ts';
import type {
  ExplainAnswer,
  ExplainQuestion,
  FirewallView,
  FlowFilter,
  FlowListing,
} from '../../port/gate-status.ts';
import type { HealthReport } from '../../port/health-report.ts';
import type { MailHistoryEvent, MailQueueAction, MailQueueView } from '../../port/mail-queue-view.ts';
import type { UpdateStatus } from '../../port/update-status.ts';
import type { ConfigChange } from '../../port/config-history.ts';
import type { MailImport, MailImported, MailList, MailStoreStatus } from '../../port/mail-import.ts';
import { LOG_LEVELS, type LogLevel } from '../../port/log.ts';
import { leaseStatus } from '../../service/dhcp4-server/lease-status.ts';
import type { CertificateStatus } from '../../port/certificate.ts';
import type { ClientSetup } from '../../base/client-setup.ts';
import type { ConfigStore, Loaded } from '../../service/config-store.ts';
import { formatRecordData } from '../../wire/dns/presentation.ts';
import { wanStatus } from '../../service/wan/wan-status.ts';
import { changesOfPeers } from './changes-of-peers.ts';
import { CertificateDesk } from './certificate-desk.ts';
import { Gate } from './gate.ts';
import type { Identity } from './identity.ts';
import { ownServices, readHealth } from './health.ts';
import { MailDesk } from './mail-desk.ts';
import type { Peers } from './peers.ts';
import { People } from './people.ts';
import type { NetPorts } from './ports.ts';
import type { NetServices } from './services.ts';
import { lanStatus, mailboxStatus, unusedWan } from './status.ts';
import type { UpdateDesk } from './update-desk.ts';
import type { MachineDesk } from './machine-desk.ts';

export interface NetBoxParts {
  readonly version: string;
  readonly ports: NetPorts;
  readonly store: ConfigStore;
  readonly services: NetServices;
  readonly peers: Peers;
  readonly identity: Identity;
  /** Tells the other roles of a new configuration, and of the certificate of now. */
  readonly configurePeers: (config: Config) => Promise<void>;
  readonly startedAt: Instant;
  readonly isReady: () => boolean;
  readonly updates: UpdateDesk;
  readonly machine: MachineDesk;
  /** What of a configuration can be in force with the network ports there are. */
  readonly possible: (config: Config) => Config;
  /** A new configuration is on stable storage. */
  readonly onStored: () => Promise<void>;
}

/** The box behind the control API: reads from the services, changes by transactions of the configuration. */
export class NetBox implements Box {
  readonly #parts: NetBoxParts;
  readonly #gate: Gate;
  readonly #people: People;
  readonly #mail: MailDesk;
  readonly #certificates: CertificateDesk;
  readonly #listeners = new Set<() => void>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: NetBoxParts) {
    this.#parts = parts;
    const { store, identity, services } = parts;
    this.#mail = new MailDesk(parts.peers, (name) =>
      store.current.config.users.some((user) => user.name === name),
    );
    this.#certificates = new CertificateDesk({
      identity,
      config: () => services.config,
      follow: () => this.followCertificate(),
    });
    this.#people = new People({
      store,
      change: (prepare, cause) => this.#inTurn(() => this.#take(prepare(), cause)),
      mailboxes: () => parts.peers.mailboxes,
      emptyMailbox: (user) => this.#mail.emptyMailbox(user),
    });
    this.#gate = new Gate(parts.services, (path, change, cause) =>
      this.#inTurn(() => this.#take(store.prepareList(path, change), cause)),
    );
  }

  async status(): Promise<BoxStatus> {
    const { version, services, peers, ports, startedAt, isReady } = this.#parts;
    const { config } = services;
    return {
      version,
      name: config.system.name,
      domain: config.system.domain,
      mode: config.mode,
      uptimeMs: Math.round(between(startedAt, ports.clock.now())),
      ready: isReady(),
      wan: this.#wan(),
      lan: this.#lan(),
      roles: peers.roles,
      services: [...ownServices(services), ...peers.services],
      mailboxes: mailboxStatus(config, peers.mailboxes),
      queue: peers.queue,
      firewall: await this.#counters(),
      dns: { ...services.dns?.counters() },
      dhcp: { ...services.dhcp?.counters },
    };
  }

  leases(): readonly LeaseStatus[] {
    const { services } = this.#parts;
    const leases = services.dhcp?.leases() ?? [];
    return leases.map((lease) => leaseStatus(lease, services.dns?.leaseNameProblem(lease.address)));
  }

  names(): readonly NameStatus[] {
    const names = this.#parts.services.dns?.names() ?? [];
    return names.map(({ name, data, source }) => ({
      name,
      type: data.type,
      value: formatRecordData(data),
      origin: source === 'dhcp' ? 'lease' : source,
    }));
  }

  log({ level, limit }: { readonly level: LogLevel; readonly limit: number }): readonly LogLine[] {
    const lowest = LOG_LEVELS.indexOf(level);
    return this.#parts.ports.log
      .entries()
      .filter((entry) => LOG_LEVELS.indexOf(entry.level) >= lowest)
      .slice(-limit)
      .map((entry) => ({ ...entry, time: new Date(entry.time).toISOString() }));
  }

  health(): Promise<HealthReport> {
    const { services, peers, ports } = this.#parts;
    const time = ports.clock.wallTime();
    return readHealth({ services, peers, wan: this.#wan(), lan: this.#lan(), time });
  }

  endLease(address: string): Promise<void> {
    return this.#gate.endLease(address);
  }
  pinLease(address: string, name: string | undefined): Promise<readonly string[]> {
    return this.#gate.pinLease(address, name);
  }
  flows(filter: FlowFilter): Promise<FlowListing> {
    return this.#gate.flows(filter);
  }
  endFlows(filter: FlowFilter): Promise<number> {
    return this.#gate.endFlows(filter);
  }
  firewall(): Promise<FirewallView> {
    return this.#gate.firewall();
  }
  explain(question: ExplainQuestion): Promise<ExplainAnswer> {
    return this.#gate.explain(question);
  }
  blockDevice(device: string): Promise<readonly string[]> {
    return this.#gate.blockDevice(device);
  }
  unblockDevice(device: string): Promise<readonly string[]> {
    return this.#gate.unblockDevice(device);
  }

  config(): unknown {
    return this.#parts.store.shown();
  }

  applyConfig(value: unknown, cause: string): Promise<readonly string[]> {
    return this.#inTurn(() => this.#take(this.#parts.store.prepare(value), cause));
  }

  /** Brings everything to the configuration that is stored, after something has stood in its way. */
  async applyWanted(): Promise<void> {
    const { store } = this.#parts;
    await this.#inTurn(() => this.#take(store.current, 'start'));
    await this.followCertificate();
  }

  configHistory(): Promise<readonly ConfigChange[]> {
    return this.#parts.store.history();
  }
  rollbackConfig(number: number | undefined): Promise<readonly string[]> {
    const { store } = this.#parts;
    return this.#inTurn(async () =>
      this.#take(store.prepare(await store.before(number)), `config rollback ${number ?? ''}`.trimEnd()),
    );
  }

  users(): readonly UserStatus[] {
    return this.#people.users();
  }
  addUser(user: NewUser): Promise<void> {
    return this.#people.addUser(user);
  }
  removeUser(name: string, deletesMail: boolean): Promise<RemovedUser> {
    return this.#people.removeUser(name, deletesMail);
  }
  setPassword(name: string, password: string): Promise<void> {
    return this.#people.setPassword(name, password);
  }
  setQuota(name: string, quota: string | null): Promise<void> {
    return this.#people.setQuota(name, quota);
  }
  aliases(): readonly AliasStatus[] {
    return this.#people.aliases();
  }
  setAlias(name: string, members: readonly string[]): Promise<void> {
    return this.#people.setAlias(name, members);
  }
  removeAlias(name: string): Promise<void> {
    return this.#people.removeAlias(name);
  }

  mailQueue(entries: number): Promise<MailQueueView> {
    return this.#mail.mailQueue(entries);
  }
  mailHistory(id: number): Promise<readonly MailHistoryEvent[]> {
    return this.#mail.mailHistory(id);
  }
  changeMailQueue(action: MailQueueAction, id: number): Promise<void> {
    return this.#mail.changeMailQueue(action, id);
  }
  mailList(user: string, after: string | undefined): Promise<MailList> {
    return this.#mail.mailList(user, after);
  }
  mailStore(): Promise<MailStoreStatus> {
    return this.#mail.mailStore();
  }
  importMail(user: string, mail: MailImport): Promise<MailImported> {
    return this.#mail.importMail(user, mail);
  }

  update(): UpdateStatus | null {
    return this.#parts.updates.update();
  }
  installUpdate(...call: Parameters<Box['installUpdate']>): Promise<string> {
    return this.#parts.updates.installUpdate(...call);
  }
  startOtherSystem(): Promise<void> {
    return this.#parts.updates.startOtherSystem();
  }
  resetScopes(): ReturnType<Box['resetScopes']> {
    return this.#parts.machine.resetScopes();
  }
  reset(kind: Parameters<Box['reset']>[0]): Promise<void> {
    return this.#parts.machine.reset(kind);
  }
  dataState(): ReturnType<Box['dataState']> {
    return this.#parts.machine.dataState();
  }
  formatData(): Promise<void> {
    return this.#parts.machine.formatData();
  }
  restart(): void {
    this.#parts.machine.restart();
  }
  clientSetup(): ClientSetup {
    return this.#certificates.clientSetup();
  }
  certificate(): CertificateStatus {
    return this.#certificates.certificate();
  }
  setCertificate(certificate: string, key: string): Promise<readonly string[]> {
    return this.#certificates.setCertificate(certificate, key);
  }
  removeCertificate(): Promise<readonly string[]> {
    return this.#certificates.removeCertificate();
  }
  renewCertificate(): Promise<readonly string[]> {
    return this.#certificates.renewCertificate();
  }

  /** Looks whether another certificate is to be in force, and brings it to the servers. */
  async followCertificate(): Promise<void> {
    const { services, configurePeers } = this.#parts;
    await this.#inTurn(() => configurePeers(services.config));
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called after anything a reader may see has changed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Applied first, stored after: what the kernel refuses must not stand in the file the next start reads. */
  async #take(next: Loaded, cause: string): Promise<readonly string[]> {
    const { services, store, configurePeers, onStored, possible } = this.#parts;
    const before = store.current;
    const changes = await services.apply(possible(next.config));
    // The same again may have put the kernel right, but there is nothing to write.
    if (JSON.stringify(before.source) === JSON.stringify(next.source)) return changes;
    try {
      await store.commit(next, cause);
    } catch (error) {
      await services.apply(possible(before.config));
      throw error;
    }
    await onStored();
    await configurePeers(possible(next.config));
    this.changed();
    const ofPeers = changesOfPeers(before.config, next.config);
    return [...changes, ...ofPeers, 'configuration stored', ...this.#troubles()];
  }

  /** What the owner just asked for and does not work: a port that is taken, a device that is not there. */
  #troubles(): string[] {
    const { services, peers } = this.#parts;
    const failed = peers.services.filter((service) => !service.ok);
    return [
      ...[...services.notices.problems].map(([name, reason]) => `warning: ${name}: ${reason}`),
      ...failed.map(({ name, detail }) => `warning: ${name}: ${detail}`),
    ];
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #lan(): BoxStatus['lan'] {
    const { config, devices } = this.#parts.services;
    const { lan } = devices.names(config);
    return lanStatus(config, lan, (device) => devices.find(device));
  }

  #wan(): BoxStatus['wan'] {
    const { services } = this.#parts;
    const state = services.wanState();
    return state === undefined
      ? unusedWan(services.config, services.devices.find(services.config.wan.device))
      : wanStatus(state);
  }

  async #counters(): Promise<readonly CounterStatus[]> {
    return await this.#parts.services.rules.firewall.readCounters();
  }
}
