import { UserError } from '../base/errors.ts';
import type { MailQueueView } from '../port/mail-queue-view.ts';
import type { Command, Context } from './command.ts';
import { isMessageNumber } from './message-number.ts';

/** Messages one call names; more is a matter of `--all`. */
const MOST_IDS = 100;

async function idsOf({ words, flags, api }: Context): Promise<readonly number[]> {
  if (flags.has('all') && words.length > 0)
    throw new UserError(
      'Cannot change the queue: messages are named, and --all means all of them; leave one of the two out',
    );
  if (flags.has('all')) {
    const { entries } = await api.get<MailQueueView>('/api/mail/queue');
    return entries.map(({ id }) => id);
  }
  const wrong = words.find((word) => !isMessageNumber(word));
  if (words.length > 0 && wrong === undefined) return words.map(Number);
  const reason = wrong === undefined ? 'no message is named' : `"${wrong}" is no number of a message`;
  throw new UserError(
    `Cannot change the queue: ${reason}; "gatepost mail queue" lists the numbers, --all means all of them`,
  );
}

function command(verb: string, done: string, summary: string): Command {
  return {
    name: `mail ${verb}`,
    usage: `mail ${verb} [ID...] [--all]`,
    summary,
    words: [0, MOST_IDS],
    options: { all: false },
    async run(context) {
      const ids = await idsOf(context);
      for (const id of ids) await context.api.send('POST', `/api/mail/queue/${id}/${verb}`, {});
      if (ids.length === 0) return context.print('No mail waits to be sent.');
      context.print(`${ids.length === 1 ? 'message' : 'messages'} ${done}: ${ids.join(', ')}`);
    },
  };
}

/** What the owner does to messages that wait, one command each. */
export const mailQueueChangeCommands: readonly Command[] = [
  command('retry', 'to be tried now', 'tries messages of the queue now'),
  command('hold', 'held', 'keeps messages in the queue until they are released'),
  command('release', 'released', 'lets held messages go'),
  command('delete', 'deleted', 'takes messages out of the queue without a word to anybody'),
  command('bounce', 'returned', 'returns messages to their senders'),
];
