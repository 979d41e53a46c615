import { type Timestamp, knownTime } from '../../base/instant.ts';
import { formatSize } from '../../base/size.ts';
import type { DamagedMessage, MailDamage } from '../../port/mailbox.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { MailFacts } from './facts.ts';

/** Damaged messages that are told one by one. */
const MOST_NAMED = 20;

/** The store, each message in it that is damaged, and each way out that is closed. */
export function mailChecks({ problem, storage, troubles }: MailFacts): Check[] {
  const sending = troubles.map(({ isSevere, reason }) => ({
    name: 'sending',
    finding: isSevere ? failed(reason) : warning(reason),
  }));
  return [
    { name: 'store', finding: problem === null ? ok(storedWell(storage?.lastScrub)) : failed(problem) },
    ...damageChecks(storage?.damage ?? []),
    ...(sending.length === 0
      ? [{ name: 'sending', finding: ok('Nothing is in the way of outgoing mail') }]
      : sending),
  ];
}

function storedWell(lastScrub: Timestamp | undefined): string {
  if (lastScrub === undefined)
    return 'Messages are stored; they are checked once a day, for the first time soon';
  return `Messages are stored; every byte of them was last checked ${timeText(lastScrub)}`;
}

function damageChecks(damage: readonly MailDamage[]): Check[] {
  const damaged = damage.flatMap(({ path, messages }) => messages.map((message) => ({ path, message })));
  return damaged.slice(0, MOST_NAMED).map(({ path, message }) => ({
    name: 'damaged message',
    finding: failed(`${describe(message)} cannot be read: ${path} is damaged; a backup may have it`),
  }));
}

function describe({ uid, users, size, received }: DamagedMessage): string {
  const whose = users.length === 0 ? 'in the queue' : `of ${users.join(', ')}`;
  return `The message ${uid} ${whose}, received ${timeText(received)}, ${formatSize(size)} long,`;
}

function timeText(time: Timestamp): string {
  const iso = new Date(time).toISOString();
  if (knownTime(time) === undefined) return 'before the clock of the box was set';
  return `on ${iso.slice(0, 10)} at ${iso.slice(11, 16)} UTC`;
}
