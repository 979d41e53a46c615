import { formatMoment } from '../base/time-text.ts';
import type { ConfigChange } from '../port/config-history.ts';
import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

export const configHistoryCommand: Command = {
  name: 'config history',
  usage: 'config history [--json]',
  summary: 'the latest changes of the configuration; "config rollback" takes them back',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    const changes = await context.api.get<readonly ConfigChange[]>('/api/config/history');
    printEither(context, changes, (list, screen) => {
      if (list.length === 0) return 'The configuration has not been changed yet.';
      const rows = list.map(({ number, time, cause }) => [
        String(number),
        formatMoment(time, screen.now),
        cause,
      ]);
      return formatTable([['CHANGE', 'TIME', 'CAUSE'], ...rows], screen);
    });
  },
};
