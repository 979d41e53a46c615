import type { LogLevel } from './log.ts';
import type { MailboxSummary } from './mailbox.ts';

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
}

export interface CounterStatus {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
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
  readonly mailboxes: readonly MailboxSummary[];
  readonly firewall: readonly CounterStatus[];
  readonly dns: Readonly<Record<string, number>>;
}

export interface LeaseStatus {
  readonly address: string;
  readonly mac: string;
  readonly name: string | null;
  readonly state: string;
  readonly expires: string | null;
}

export interface NameStatus {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** `built-in`, `static` or `lease`. */
  readonly origin: string;
}

/** One node of the tree of checks; a node below a failed one is `unknown` and says on what it depends. */
export interface HealthNode {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly reason: string;
  readonly children: readonly HealthNode[];
}

export interface HealthReport {
  readonly ok: boolean;
  /** The first failed check in the order of the tree, or null. */
  readonly firstError: string | null;
  readonly tree: HealthNode;
}

export interface UserStatus {
  readonly name: string;
  readonly fullName: string;
  readonly address: string;
}

export interface NewUser {
  readonly name: string;
  readonly fullName: string;
  readonly password: string;
}

/** An entry of the log. */
export interface LogLine {
  readonly time: string;
  readonly level: LogLevel;
  readonly source: string;
  readonly text: string;
}

/** Everything the control API offers; `net` implements it. Refusals are UserError or ConfigError. */
export interface Box {
  status(): Promise<BoxStatus>;
  leases(): readonly LeaseStatus[];
  names(): readonly NameStatus[];
  log(options: { readonly level: LogLevel; readonly limit: number }): readonly LogLine[];
  health(): Promise<HealthReport>;
  /** The configuration as written by the owner, secrets replaced. */
  config(): unknown;
  /** Replaces the whole configuration in one transaction; returns one line for each thing that changed. */
  applyConfig(value: unknown, cause: string): Promise<readonly string[]>;
  users(): readonly UserStatus[];
  addUser(user: NewUser): Promise<void>;
  setPassword(name: string, password: string): Promise<void>;
  /** Calls `listener` after anything that {@link status} shows may have changed; returns how to stop that. */
  subscribe(listener: () => void): () => void;
}
