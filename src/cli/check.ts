import { ConfigError } from '../base/errors.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import type { Command } from './command.ts';
import { unreadable } from './unreadable.ts';

function readText(readFile: (path: string) => string, path: string): string {
  try {
    return readFile(path);
  } catch (error) {
    throw unreadable('the configuration', path, error);
  }
}

export const checkCommand: Command = {
  name: 'check',
  usage: 'check FILE [--json]',
  summary: 'says whether a configuration would be accepted, and all that is wrong with it',
  words: [1, 1],
  options: { json: false },
  async run({ words: [path = ''], flags, print, readFile }) {
    try {
      readConfig(parseConfigText(readText(readFile, path)));
    } catch (error) {
      if (error instanceof ConfigError && flags.has('json'))
        print(JSON.stringify({ problems: error.problems }, null, 2));
      throw error;
    }
    print(flags.has('json') ? JSON.stringify({ problems: [] }, null, 2) : `${path}: no problems found`);
    await Promise.resolve();
  },
};
