import { type Timestamp, after, between } from '../../base/instant.ts';
import type { NotifyWish, QueueEntry, Settlement } from '../../port/mail-queue.ts';
import type { Random } from '../../port/random.ts';
import type { RecipientStatus } from '../../wire/mail/delivery-status.ts';
import { nextAttemptAt } from './back-off.ts';
import type { QueueLimits } from './limits.ts';
import { type Outcome, reasonOf } from './outcome.ts';

/** A notice somebody is to get about entries of one message. */
export interface PlannedReport {
  /** `relayed`: success as far as it can be told from here; `delivered` here. */
  readonly kind: 'failure' | 'delay' | 'relayed' | 'delivered';
  /** To the sender; or to the postmaster, when it is a notice itself that could not be delivered. */
  readonly to: 'sender' | 'postmaster';
  readonly recipients: readonly RecipientStatus[];
}

export interface SettlePlan {
  readonly settlements: readonly Settlement[];
  readonly reports: readonly PlannedReport[];
}

export interface SettleEnv {
  readonly time: Timestamp;
  readonly random: Random;
  readonly limits: QueueLimits;
}

interface Settled {
  readonly settlement: Settlement;
  readonly report: { readonly kind: PlannedReport['kind']; readonly recipient: RecipientStatus } | undefined;
}

/** RFC 3461 section 4.1: who says nothing wants to hear of failures and, if we so choose, of delays. */
function wants({ recipient: { notify } }: QueueEntry, wish: NotifyWish): boolean {
  return notify === undefined ? wish !== 'success' : notify.includes(wish);
}

function statusOf(
  entry: QueueEntry,
  outcome: Outcome,
  about: Pick<RecipientStatus, 'action' | 'status'> & {
    readonly until?: Timestamp;
    readonly time: Timestamp;
  },
): RecipientStatus {
  return {
    address: entry.recipient.address,
    originalRecipient: entry.recipient.originalRecipient,
    action: about.action,
    status: about.status,
    reply: outcome.reply,
    remoteHost: outcome.host,
    lastAttempt: entry.lastAttempt ?? about.time,
    willRetryUntil: about.until,
  };
}

function delivered(entry: QueueEntry, outcome: Outcome, { time }: SettleEnv): Settled {
  const settlement = { id: entry.id, outcome: 'delivered' } as const;
  // Who takes over the wish tells of the success itself (RFC 3461 section 5.2.2): a notice from here would be one too many.
  if (outcome.takesOver || !wants(entry, 'success')) return { settlement, report: undefined };
  const recipient = statusOf(entry, outcome, { action: 'relayed', status: '2.0.0', time });
  return { settlement, report: { kind: 'relayed', recipient } };
}

function failed(entry: QueueEntry, outcome: Outcome, about: { status: string; time: Timestamp }): Settled {
  const isExpired = outcome.kind === 'deferred';
  return {
    settlement: { id: entry.id, outcome: isExpired ? 'expired' : 'failed' },
    report: wants(entry, 'failure')
      ? { kind: 'failure', recipient: statusOf(entry, outcome, { action: 'failed', ...about }) }
      : undefined,
  };
}

function deferred(entry: QueueEntry, outcome: Outcome, env: SettleEnv): Settled {
  const { time, random, limits } = env;
  const isLate =
    between(entry.accepted, time) >= limits.delayNotice &&
    !entry.isDelayNotified &&
    entry.sender !== '' &&
    wants(entry, 'delay');
  const settlement = {
    id: entry.id,
    outcome: 'deferred',
    reply: reasonOf(outcome),
    nextAttempt: outcome.until ?? nextAttemptAt(entry, { now: time, random }, limits),
    ...(isLate ? { isDelayNotified: true } : {}),
  } as const;
  if (!isLate) return { settlement, report: undefined };
  const about = {
    action: 'delayed',
    status: outcome.reply.enhanced,
    until: after(entry.accepted, limits.lifetime),
    time,
  } as const;
  return { settlement, report: { kind: 'delay', recipient: statusOf(entry, outcome, about) } };
}

function isExpired(entry: QueueEntry, env: SettleEnv): boolean {
  return between(entry.accepted, env.time) >= env.limits.lifetime;
}

function settleOne(entry: QueueEntry, outcome: Outcome, env: SettleEnv): Settled {
  if (outcome.kind === 'delivered') return delivered(entry, outcome, env);
  if (outcome.kind === 'failed')
    return failed(entry, outcome, { status: outcome.reply.enhanced, time: env.time });
  // RFC 3463 section 3.5: delivery time expired.
  if (isExpired(entry, env)) return failed(entry, outcome, { status: '4.4.7', time: env.time });
  return deferred(entry, outcome, env);
}

/**
 * What follows from the outcomes of one message's entries: how they are settled, and who is told. Nothing is said to the
 * null sender: a failed notice goes to the postmaster, and nobody is told of its delay (RFC 3461 section 6.2).
 */
export function settle(
  results: readonly { readonly entry: QueueEntry; readonly outcome: Outcome }[],
  env: SettleEnv,
): SettlePlan {
  const settled = results.map(({ entry, outcome }) => ({ entry, ...settleOne(entry, outcome, env) }));
  const reports = (['failure', 'delay', 'relayed'] as const).flatMap((kind): PlannedReport[] => {
    const fitting = settled.flatMap(({ entry, report }) =>
      report?.kind === kind ? [{ entry, recipient: report.recipient }] : [],
    );
    const isNotice = fitting[0]?.entry.sender === '';
    if (fitting.length === 0 || (isNotice && kind !== 'failure')) return [];
    const recipients = fitting.map(({ recipient }) => recipient);
    return [{ kind, to: isNotice ? 'postmaster' : 'sender', recipients }];
  });
  return { settlements: settled.map(({ settlement }) => settlement), reports };
}
