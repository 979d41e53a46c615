import { UserError } from '../base/errors.ts';
import { formatSecond } from '../base/time-text.ts';
import type { MailHistoryEvent } from '../port/mail-queue-view.ts';
import { type Command, printEither } from './command.ts';
import { isMessageNumber } from './message-number.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

function historyText(events: readonly MailHistoryEvent[], screen: Screen): string {
  if (events.length === 0) return 'Nothing is known of that message since the post office was started.';
  const rows = events.map(({ time, recipient, what, detail }) => [
    formatSecond(time),
    recipient,
    what,
    detail,
  ]);
  return formatTable([['TIME', 'RECIPIENT', 'WHAT', 'DETAIL'], ...rows], screen);
}

export const mailHistoryCommand: Command = {
  name: 'mail history',
  usage: 'mail history ID [--json]',
  summary: 'what happened to a message on its way out, also after it has left the queue',
  words: [1, 1],
  options: { json: false },
  async run(context) {
    const [id = ''] = context.words;
    if (!isMessageNumber(id))
      throw new UserError(
        `Cannot tell the history of "${id}": it is no number of a message; "gatepost mail queue" lists those that wait`,
      );
    const path = `/api/mail/queue/${encodeURIComponent(id)}/history`;
    printEither(context, await context.api.get<readonly MailHistoryEvent[]>(path), historyText);
  },
};
