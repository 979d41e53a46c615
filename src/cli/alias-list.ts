import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

/** An alias as the control API shows it. */
interface AliasEntry {
  readonly name: string;
  readonly members: readonly string[];
}

export const aliasListCommand: Command = {
  name: 'alias list',
  usage: 'alias list [--json]',
  summary: 'other names and groups, and who gets their mail',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<readonly AliasEntry[]>('/api/aliases'), (aliases, screen) => {
      if (aliases.length === 0) return 'There are no aliases.';
      const rows = aliases.map(({ name, members }) => [name, members.join(', ')]);
      return formatTable([['NAME', 'GOES TO'], ...rows], screen);
    });
  },
};
