import type { CertificateStatus } from './certificate.ts';
import type { ClientSetup } from '../base/client-setup.ts';
import type { ConfigHistory } from './config-history.ts';
import type { ExplainAnswer, ExplainQuestion, FirewallView, FlowFilter, FlowListing } from './gate-status.ts';
import type { HealthReport } from './health-report.ts';
import type { LogLevel } from './log.ts';
import type { Machine } from './machine.ts';
import type { MailImport, MailImported, MailList, MailStoreStatus } from './mail-import.ts';
import type { MailboxSummary } from './mailbox.ts';
import type { MailHistoryEvent, MailQueueAction, MailQueueView } from './mail-queue-view.ts';
import type { QueueStatus } from './queue-status.ts';
import type { UpdateProgress, UpdateStatus } from './update-status.ts';

/*
 * What the box tells about itself, as plain JSON values: the control API serves them unchanged, the page and the
 * command print them. Addresses are texts, times are ISO 8601 in UTC, durations are milliseconds.
 */

export interface WanStatus {
  readonly device: string;
  readonly method: 'dhcp' | 'static' | 'off';
  readonly link: 'up' | 'down' | 'missing';
  /** The state of the DHCP client (RFC 2131 figure 5), or `STATIC`. */
  readonly state: string;
  /** With prefix length, `203.0.113.50/24`; null while there is none. */
  readonly address: string | null;
  readonly gateway: string | null;
  readonly dnsServers: readonly string[];
  /** Further routes of the provider, `10.8.0.0/16 by 203.0.113.2`. */
  readonly routes?: readonly string[] | undefined;
  /** Whether the time servers answer; `off` without any. */
  readonly internet?: 'off' | 'unknown' | 'reachable' | 'unreachable' | undefined;
  readonly lease: {
    readonly server: string;
    readonly obtained: string;
    readonly tookMs: number;
    readonly expires: string;
  } | null;
}

export interface LanStatus {
  readonly device: string;
  readonly devices: readonly { readonly name: string; readonly link: 'up' | 'down' | 'missing' }[];
  readonly address: string;
  readonly pool: { readonly first: string; readonly last: string } | null;
}

export interface RoleStatus {
  readonly name: string;
  readonly state: 'starting' | 'running' | 'waiting';
  readonly pid: number | null;
  readonly restarts: number;
}

export interface ServiceStatus {
  readonly name: string;
  readonly ok: boolean;
  /** Where it answers, or why it does not. */
  readonly detail: string;
  /** An aid: the box is ready without it. */
  readonly isOptional?: boolean | undefined;
}

export interface CounterStatus {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
}

export interface MailboxStatus extends MailboxSummary {
  /** Octets it may hold; null for no limit. */
  readonly quota: number | null;
}

export interface BoxStatus {
  readonly version: string;
  readonly name: string;
  readonly domain: string;
  readonly mode: string;
  readonly uptimeMs: number;
  readonly ready: boolean;
  readonly wan: WanStatus;
  readonly lan: LanStatus;
  readonly roles: readonly RoleStatus[];
  readonly services: readonly ServiceStatus[];
  readonly mailboxes: readonly MailboxStatus[];
  /** Seconds old; null while the post office has not said. */
  readonly queue: QueueStatus | null;
  readonly firewall: readonly CounterStatus[];
  readonly dns: Readonly<Record<string, number>>;
  /** What the DHCP server got, left out and sent. */
  readonly dhcp: Readonly<Record<string, number>>;
}

/** One address that is given, offered or kept for a device. */
export interface LeaseStatus {
  readonly address: string;
  /** Empty with a reservation that is not by MAC address. */
  readonly mac: string;
  readonly name: string | null;
  /** `bound`, `offered`, `revoked` (taken back, its client does not know yet) or `reserved` (kept for a device that is not here). */
  readonly state: string;
  readonly expires: string | null;
  /** In hexadecimal digits: what the client identifies itself by. */
  readonly clientId: string | null;
  /** What the device says it is. */
  readonly vendor: string | null;
  /** When the device first had a lease. */
  readonly since: string | null;
  readonly reserved: boolean;
  /** Why no name leads to the device although it calls itself something. */
  readonly nameProblem: string | null;
}

export interface NameStatus {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** `built-in`, `static` or `lease`. */
  readonly origin: string;
}

export interface UserStatus {
  readonly name: string;
  readonly fullName: string;
  readonly address: string;
  /** Octets in the mailbox. */
  readonly used: number;
  /** Octets it may hold; null for no limit. */
  readonly quota: number | null;
  /** Days that mail is kept after it was first read; null for ever. */
  readonly keepDays: number | null;
}

/** What becomes of the mailbox of a person who is removed. */
export interface RemovedUser {
  /** Messages that are kept, and shown under the name; 0 when they were deleted. */
  readonly kept: number;
  readonly deleted: number;
}

export interface NewUser {
  readonly name: string;
  readonly fullName: string;
  readonly password: string;
}

/** Another name or a group: who gets mail for it. */
export interface AliasStatus {
  readonly name: string;
  /** Users, other aliases, outside addresses. */
  readonly members: readonly string[];
}

/** An entry of the log. */
export interface LogLine {
  readonly time: string;
  readonly level: LogLevel;
  readonly source: string;
  readonly text: string;
}

/** Everything the control API offers; `net` implements it. Refusals are UserError or ConfigError. */
export interface Box extends ConfigHistory, Machine {
  status(): Promise<BoxStatus>;
  leases(): readonly LeaseStatus[];
  /** Ends a lease before its time; the client learns it at its next renewal. */
  endLease(address: string): Promise<void>;
  /** Makes the lease of a device a reservation; returns what changed. */
  pinLease(address: string, name: string | undefined): Promise<readonly string[]>;
  flows(filter: FlowFilter): Promise<FlowListing>;
  /** Ends connections; those still wanted begin anew under the rules of now. Returns their number. */
  endFlows(filter: FlowFilter): Promise<number>;
  firewall(): Promise<FirewallView>;
  explain(question: ExplainQuestion): Promise<ExplainAnswer>;
  /** Takes a device, by name, MAC address or address, its way beyond the LAN, or gives it back. Returns what changed. */
  blockDevice(device: string): Promise<readonly string[]>;
  unblockDevice(device: string): Promise<readonly string[]>;
  names(): readonly NameStatus[];
  log(options: { readonly level: LogLevel; readonly limit: number }): readonly LogLine[];
  health(): Promise<HealthReport>;
  /** The configuration as written by the owner, secrets replaced. */
  config(): unknown;
  /** Replaces the whole configuration in one transaction; returns one line for each thing that changed. */
  applyConfig(value: unknown, cause: string): Promise<readonly string[]>;
  users(): readonly UserStatus[];
  addUser(user: NewUser): Promise<void>;
  /** Takes a person out; the mail stays unless `deletesMail`. Of somebody who is gone already only the mail can be deleted. */
  removeUser(name: string, deletesMail: boolean): Promise<RemovedUser>;
  setPassword(name: string, password: string): Promise<void>;
  /** `quota` as the configuration writes it, `2G`; null for no limit. */
  setQuota(name: string, quota: string | null): Promise<void>;
  aliases(): readonly AliasStatus[];
  /** Makes an alias, or replaces the one of that name. */
  setAlias(name: string, members: readonly string[]): Promise<void>;
  removeAlias(name: string): Promise<void>;
  /** With so many entries in full, {@link MAX_LISTED_MAIL} at most; destinations and counts are always of all. */
  mailQueue(entries: number): Promise<MailQueueView>;
  /** What happened to the message of an entry of the queue, also after it has left. */
  mailHistory(id: number): Promise<readonly MailHistoryEvent[]>;
  changeMailQueue(action: MailQueueAction, id: number): Promise<void>;
  /** The messages of a mailbox behind the one with the UID `after`. */
  mailList(user: string, after: string | undefined): Promise<MailList>;
  mailStore(): Promise<MailStoreStatus>;
  importMail(user: string, mail: MailImport): Promise<MailImported>;
  /** Null for a box that does not run from an image. */
  update(): UpdateStatus | null;
  /**
   * Installs the system of an update file next to the running one, then restarts the box into it. @returns its version
   * @throws UserError when it is refused or damaged; the running system is unharmed
   */
  installUpdate(
    file: AsyncIterable<Uint8Array>,
    onProgress: (progress: UpdateProgress) => void,
  ): Promise<string>;
  /** Restarts the box into the system before the last update. @throws UserError if there is none */
  startOtherSystem(): Promise<void>;
  /** What has to be known for setting up a mail program. */
  clientSetup(): ClientSetup;
  certificate(): CertificateStatus;
  /** Certificates and private key, PEM; in force when it resolves. Returns what there is to say, warnings among it. */
  setCertificate(certificate: string, key: string): Promise<readonly string[]>;
  /** Goes back to the box's own certificate. */
  removeCertificate(): Promise<readonly string[]>;
  /** Makes a new authority of the box, and a certificate of it. */
  renewCertificate(): Promise<readonly string[]>;
  /** Calls `listener` after anything that {@link status} shows may have changed; returns how to stop that. */
  subscribe(listener: () => void): () => void;
}
