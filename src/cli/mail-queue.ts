import { formatBytes } from '../base/size.ts';
import { formatMoment } from '../base/time-text.ts';
import type { MailQueueView, QueueDestination, QueuedMail } from '../port/mail-queue-view.ts';
import { type Command, printEither } from './command.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

function stateText({ problem, nextTry }: QueueDestination, { now }: Screen): string {
  if (problem === null) return '-';
  return nextTry === null ? problem : `${problem}; next try ${formatMoment(nextTry, now)}`;
}

function destinationsText({ destinations }: MailQueueView, screen: Screen): string {
  const rows = destinations.map((one) => [
    one.destination,
    String(one.messages),
    String(one.held),
    formatBytes(one.octets),
    formatMoment(one.oldest, screen.now),
    stateText(one, screen),
  ]);
  return formatTable([['DESTINATION', 'MESSAGES', 'HELD', 'SIZE', 'OLDEST', 'STATE'], ...rows], screen);
}

function nextText({ state, nextAttempt }: QueuedMail, { now }: Screen): string {
  if (state !== 'waiting') return state;
  return nextAttempt === null ? '-' : formatMoment(nextAttempt, now);
}

function entriesText(entries: readonly QueuedMail[], screen: Screen): string {
  const rows = entries.map((entry) => [
    String(entry.id),
    formatMoment(entry.accepted, screen.now),
    entry.sender === '' ? '(notice)' : entry.sender,
    entry.recipient,
    formatBytes(entry.octets),
    String(entry.attempts),
    nextText(entry, screen),
    entry.reason === '' ? '-' : entry.reason,
  ]);
  const heading = ['ID', 'ACCEPTED', 'FROM', 'TO', 'SIZE', 'TRIES', 'NEXT', 'REASON'];
  return formatTable([heading, ...rows], screen);
}

function queueText(view: MailQueueView, screen: Screen): string {
  const { isOnline, total, entries } = view;
  const offline = isOnline ? [] : ['There is no Internet connection: mail waits until it is back.'];
  if (total === 0) return [...offline, 'No mail waits to be sent.'].join('\n');
  const more = total > entries.length ? [`and ${total - entries.length} more`] : [];
  return [...offline, destinationsText(view, screen), '', entriesText(entries, screen), ...more].join('\n');
}

export const mailQueueCommand: Command = {
  name: 'mail queue',
  usage: 'mail queue [--json]',
  summary: 'mail that waits to be sent, by destination, with the reason of the last attempt',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<MailQueueView>('/api/mail/queue'), queueText);
  },
};
