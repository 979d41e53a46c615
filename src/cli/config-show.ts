import type { Command } from './command.ts';

export const configShowCommand: Command = {
  name: 'config show',
  usage: 'config show',
  summary: 'the configuration in force, secrets replaced',
  words: [0, 0],
  options: { json: false },
  async run({ api, print }) {
    print(JSON.stringify(await api.get('/api/config'), null, 2));
  },
};
