import type { MailQueueView, QueuedMail } from '../port/mail-queue-view.ts';
import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

function sizeText(octets: number): string {
  return octets < 10_240 ? String(octets) : `${Math.round(octets / 1024)}K`;
}

function destinationsText({ destinations }: MailQueueView): string {
  return formatTable([
    ['DESTINATION', 'MESSAGES', 'HELD', 'SIZE', 'OLDEST', 'STATE'],
    ...destinations.map(({ destination, messages, held, octets, oldest, problem, nextTry }) => [
      destination,
      String(messages),
      String(held),
      sizeText(octets),
      oldest,
      problem === null ? '-' : `${problem}; tried again at ${nextTry}`,
    ]),
  ]);
}

function nextText({ state, nextAttempt }: QueuedMail): string {
  return state === 'waiting' ? (nextAttempt ?? '-') : state;
}

function entriesText(entries: readonly QueuedMail[]): string {
  return formatTable([
    ['ID', 'ACCEPTED', 'FROM', 'TO', 'SIZE', 'TRIES', 'NEXT', 'REASON'],
    ...entries.map((entry) => [
      String(entry.id),
      entry.accepted,
      entry.sender === '' ? '(notice)' : entry.sender,
      entry.recipient,
      sizeText(entry.octets),
      String(entry.attempts),
      nextText(entry),
      entry.reason === '' ? '-' : entry.reason,
    ]),
  ]);
}

function queueText(view: MailQueueView): string {
  const { isOnline, total, entries } = view;
  const offline = isOnline ? [] : ['There is no Internet connection: mail waits until it is back.'];
  if (total === 0) return [...offline, 'No mail waits to be sent.'].join('\n');
  const more = total > entries.length ? [`and ${total - entries.length} more`] : [];
  return [...offline, destinationsText(view), '', entriesText(entries), ...more].join('\n');
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
