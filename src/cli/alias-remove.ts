import type { Command } from './command.ts';

export const aliasRemoveCommand: Command = {
  name: 'alias remove',
  usage: 'alias remove NAME',
  summary: 'takes an alias or a group away; mail for a user of that name goes to the user again',
  words: [1, 1],
  options: {},
  async run(context) {
    const [name = ''] = context.words;
    await context.api.send('POST', '/api/aliases/remove', { name });
    context.print(`removed the alias ${name}`);
  },
};
