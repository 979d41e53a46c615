import type { Command } from './command.ts';

/** The members of a command line are bounded by the kernel only. */
const MOST_MEMBERS = 500;

export const aliasAddCommand: Command = {
  name: 'alias add',
  usage: 'alias add NAME MEMBER...',
  summary:
    'makes another name, or a group, of users, other aliases and outside addresses; replaces one that is there',
  words: [2, 1 + MOST_MEMBERS],
  options: {},
  async run(context) {
    const [name = '', ...members] = context.words;
    await context.api.send('POST', '/api/aliases', { name, members });
    context.print(`mail for ${name} goes to ${members.join(', ')}`);
  },
};
