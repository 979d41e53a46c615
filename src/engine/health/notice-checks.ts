import { knownTime } from '../../base/instant.ts';
import { formatSize } from '../../base/size.ts';
import { type Check, warning } from './check.ts';
import type { HealthFacts, WanFacts, WarningFacts } from './facts.ts';

/** From so much of the connection table or of a mailbox in use on, it is told: the rest goes fast. */
const NEARLY_FULL = 0.9;

/** What the owner should know although everything works, each a warning. */
export function noticeChecks(facts: HealthFacts): Check[] {
  const notices: readonly WarningFacts[] = [
    ...clockNotices(facts.time),
    ...(facts.wan === null ? [] : wanNotices(facts.wan)),
    ...(facts.firewallReduced ?? []).map((what) => ({
      name: 'firewall',
      reason: `The kernel refuses a part of the rules, which work without it: ${what}`,
    })),
    ...connectionNotices(facts.connections),
    ...mailboxNotices(facts.mailboxes ?? []),
    ...facts.warnings,
  ];
  return notices.map(({ name, reason }) => ({ name, finding: warning(reason) }));
}

/** The day alone: a reason that changed every minute would draw every screen anew. */
function clockNotices(time: HealthFacts['time']): WarningFacts[] {
  if (time === undefined || knownTime(time) !== undefined) return [];
  const day = new Date(time).toISOString().slice(0, 10);
  const effects = [
    'connections whose certificates are checked fail, as to a smart host, and their mail waits',
    'dates in mail, in the log and of leases are wrong',
    'no mail is deleted or returned for its age',
  ].join('; ');
  const remedy =
    'The box does not set it by itself yet: on a Linux machine a time service or "date" does, a board has no way to';
  return [{ name: 'clock', reason: `The clock is not set, it says ${day}: ${effects}. ${remedy}` }];
}

function wanNotices({ leaseProblem, conflict, status }: WanFacts): WarningFacts[] {
  const notices: WarningFacts[] = [];
  if (leaseProblem !== null) notices.push({ name: 'WAN lease', reason: leaseProblem });
  if (conflict && status.address?.split('/')[0] === conflict.address) {
    const reason = `The station ${conflict.mac} uses the address ${conflict.address} of the WAN too: connections may fail; the provider can tell whose it is`;
    notices.push({ name: 'WAN address', reason });
  }
  return notices;
}

function connectionNotices(connections: HealthFacts['connections']): WarningFacts[] {
  if (!connections || connections.known < connections.limit * NEARLY_FULL) return [];
  const { known, limit } = connections;
  const reason = `The kernel follows ${known} of at most ${limit} connections: when it is full, new ones are dropped`;
  return [{ name: 'connections', reason }];
}

function mailboxNotices(mailboxes: NonNullable<HealthFacts['mailboxes']>): WarningFacts[] {
  return mailboxes.flatMap(({ user, octets, quota }) => {
    if (quota === null || octets <= quota * NEARLY_FULL) return [];
    const state = octets >= quota ? 'full: it takes no mail' : 'nearly full';
    const reason = `The mailbox of ${user} is ${state}, ${formatSize(octets)} of ${formatSize(quota)}; "gatepost user quota ${user} SIZE" gives it another limit`;
    return [{ name: 'mailbox', reason }];
  });
}
