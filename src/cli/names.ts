import type { NameStatus } from '../port/box.ts';
import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

export const namesCommand: Command = {
  name: 'names',
  usage: 'names [--json]',
  summary: 'names the box answers for',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<readonly NameStatus[]>('/api/names'), (names, screen) => {
      const rows = names.map(({ name, type, value, origin }) => [name, type, origin, value]);
      if (rows.length === 0) return 'There are no names that the box answers for.';
      return formatTable([['NAME', 'TYPE', 'ORIGIN', 'VALUE'], ...rows], screen);
    });
  },
};
