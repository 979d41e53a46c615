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
    printEither(context, changes, (list) =>
      formatTable([
        ['CHANGE', 'TIME', 'CAUSE'],
        ...list.map(({ number, time, cause }) => [String(number), time, cause]),
      ]),
    );
  },
};
