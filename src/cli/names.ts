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
    printEither(context, await context.api.get<readonly NameStatus[]>('/api/names'), (names) =>
      formatTable([
        ['NAME', 'TYPE', 'VALUE', 'ORIGIN'],
        ...names.map((n) => [n.name, n.type, n.value, n.origin]),
      ]),
    );
  },
};
