import type { MailHealth, MailboxSummary } from '../port/mailbox.ts';
import type { LogEntry } from '../port/log.ts';
import type { MailHistoryEvent, MailQueueAction, MailQueueView } from '../port/mail-queue-view.ts';
import type { RoleStatus, ServiceStatus } from '../port/box.ts';
import type { QueueStatus } from '../port/queue-status.ts';
import type { MailImport, MailImported, MailList } from '../port/mail-import.ts';
import type { QueueTrouble } from '../engine/mail-queue/troubles.ts';
import type { RouteRule } from '../engine/mail-queue/routing.ts';

/*
 * Everything the processes of the box say to one another. `run` is the parent of all roles and passes on what
 * `net` and the others have for each other; it looks into nothing that comes from the network.
 */

/** A mail listener: where, and what is spoken there. */
export interface MailListener {
  readonly service: 'smtp' | 'submission' | 'submissions' | 'pop3' | 'pop3s';
  /** IPv4 address in text, `0.0.0.0` for services that are public. */
  readonly address: string;
  readonly port: number;
  /** Prefixes in text; see `mail.listeners` of the configuration. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** A person as far as the post office is concerned. */
export interface PostUser {
  readonly name: string;
  readonly password: string;
  /** Octets the mailbox may hold; null for no limit. */
  readonly quota: number | null;
  /** Days a message stays after it was first read; null for ever. */
  readonly keepDays: number | null;
}

/** What `post` may know of the configuration. */
export interface PostOptions {
  readonly hostName: string;
  readonly domains: readonly string[];
  readonly users: readonly PostUser[];
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  readonly catchAll?: string | undefined;
  readonly maxMessage: number;
  /** As in {@link PostUser}, for everybody who has nothing of their own. */
  readonly keepDays: number | null;
  /** Whether the LAN may send to other hosts without login. */
  readonly relaysLan: boolean;
  /** Which mail goes to other hosts by which way. */
  readonly routes: readonly RouteRule[];
  /** The LAN with prefix length: who counts as local. */
  readonly lan: string;
  readonly listeners: readonly MailListener[];
  readonly tls: { readonly key: string; readonly cert: string };
}

/** What the owner wants of the mail that goes out. */
export type QueueCall =
  | { readonly what: 'view'; readonly entries?: number }
  | { readonly what: 'history'; readonly id: number }
  | { readonly what: MailQueueAction; readonly id: number };

/** The answer to one. */
export type QueueAnswer =
  | { readonly what: 'view'; readonly view: MailQueueView }
  | { readonly what: 'history'; readonly events: readonly MailHistoryEvent[] }
  | { readonly what: 'done' }
  /** One sentence for the owner. */
  | { readonly what: 'refused'; readonly sentence: string };

/** What the owner wants of the post office. */
export type PostCall =
  | QueueCall
  | { readonly what: 'mailbox'; readonly user: string; readonly after: string | undefined }
  | { readonly what: 'import'; readonly user: string; readonly mail: MailImport }
  /** All mail of a person goes. */
  | { readonly what: 'empty'; readonly user: string }
  | { readonly what: 'store' };

export type PostAnswer =
  | QueueAnswer
  | { readonly what: 'mailbox'; readonly list: MailList }
  | { readonly what: 'import'; readonly imported: MailImported }
  | { readonly what: 'empty'; readonly messages: number }
  | { readonly what: 'store'; readonly health: MailHealth };

/** What `web` may know of the configuration. */
export interface WebOptions {
  readonly address: string;
  readonly http: number;
  readonly https: number;
  /** The usual ports of the web, where mail programs ask for their settings. */
  readonly front: { readonly http: number; readonly https: number };
  readonly tls: { readonly key: string; readonly cert: string };
  /** Names the page may be called by; the first is the one to recommend. */
  readonly hostNames: readonly string[];
  readonly apiSocket: string;
}

export type ToPost =
  | { readonly kind: 'configure'; readonly options: PostOptions }
  /** Whether there is a way to the Internet. */
  | { readonly kind: 'uplink'; readonly isUp: boolean }
  | { readonly kind: 'call'; readonly request: number; readonly call: PostCall }
  | { readonly kind: 'stop' };
export type ToWeb = { readonly kind: 'configure'; readonly options: WebOptions } | { readonly kind: 'stop' };

/** What a role reports; `services` answers every `configure`, also one that changed nothing. */
export type FromRole =
  | { readonly kind: 'log'; readonly entry: LogEntry }
  | {
      readonly kind: 'services';
      readonly services: readonly ServiceStatus[];
      /** The sentence about a port that another program has: a box that never worked gives up over it. */
      readonly taken: string | undefined;
    }
  | { readonly kind: 'mailboxes'; readonly mailboxes: readonly MailboxSummary[] }
  /** The mail store has found damage, or has no room. */
  | { readonly kind: 'storage'; readonly problem: string | null; readonly health: MailHealth }
  /** Why mail does not go out. */
  | {
      readonly kind: 'outgoing';
      readonly troubles: readonly QueueTrouble[];
      readonly waiting: QueueStatus | null;
    }
  | { readonly kind: 'answer'; readonly request: number; readonly answer: PostAnswer };

export type ChildRole = 'post' | 'web';

export type ToNet =
  | { readonly kind: 'roles'; readonly roles: readonly RoleStatus[] }
  /** A role has a new process that knows nothing yet. */
  | { readonly kind: 'started'; readonly role: ChildRole }
  | { readonly kind: 'from'; readonly role: ChildRole; readonly message: FromRole }
  | { readonly kind: 'stop' };

export type FromNet =
  | { readonly kind: 'to'; readonly role: ChildRole; readonly message: ToPost | ToWeb }
  /** Every configured service answers. */
  | { readonly kind: 'ready' }
  /** The board is to be started again; whoever started `gatepost run` does that. */
  | { readonly kind: 'restart'; readonly reason: string }
  /** The box cannot start: one sentence for the caller of `gatepost run`. */
  | { readonly kind: 'fatal'; readonly sentence: string };

/** Anything `run` sends to a role, and anything it gets. */
export type Down = ToPost | ToWeb | ToNet;
export type Up = FromRole | FromNet;
