import { parseConfigText } from '../config/load.ts';
import { type Command, printEither } from './command.ts';
import { unreadable } from './unreadable.ts';

export const configApplyCommand: Command = {
  name: 'config apply',
  usage: 'config apply FILE [--json]',
  summary: 'replaces the configuration in one transaction; a wrong one changes nothing',
  words: [1, 1],
  options: { json: false },
  async run(context) {
    const [path = ''] = context.words;
    let text: string;
    try {
      text = context.readFile(path);
    } catch (error) {
      throw unreadable('the configuration', path, error);
    }
    const changes = await context.api.send<readonly string[]>('PUT', '/api/config', parseConfigText(text));
    printEither(context, changes, (lines) => (lines.length === 0 ? 'nothing to change' : lines.join('\n')));
  },
};
