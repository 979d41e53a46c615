import { ConfigError, UserError } from '../base/errors.ts';
import { fromUtf8, utf8 } from '../base/text.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import type { Files } from '../port/files.ts';
import type { Command } from './command.ts';
import { dataFiles, fileIn } from './mail-directory.ts';

const CURRENT = 'config/current.json';

/**
 * For the first start of a card that its owner has put a configuration on, on whatever computer there was: the outcome is written beside it as
 * text that every editor shows.
 */
export const configAdoptCommand: Command = {
  name: 'config adopt',
  usage: 'config adopt FILE [--data DIR]',
  summary: 'takes a configuration for a box that has none yet, and writes beside it what came of that',
  words: [1, 1],
  options: { data: true },
  async run(context) {
    const [path = ''] = context.words;
    const { files, name } = fileIn(path);
    const data = dataFiles(context);
    const bytes = await files.read(name);
    if (bytes === undefined || (await data.read(CURRENT)) !== undefined) {
      context.print('nothing to take');
      return;
    }
    try {
      const source = parseConfigText(fromUtf8(bytes));
      readConfig(source);
      await data.makeDirectory('config');
      await data.replace(CURRENT, utf8(`${JSON.stringify(source, null, 2)}\n`));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      await tell(files, name, [
        `${name} is not taken, the box runs with its defaults. What is wrong with it:`,
        ...error.message.split('\n'),
      ]);
      throw new UserError(`Cannot take the configuration "${path}": ${error.message.replaceAll('\n', '; ')}`);
    }
    await tell(files, name, [
      `${name} is the configuration of the box now. Later changes of this file change nothing.`,
    ]);
    context.print(`${path} is the configuration now`);
  },
};

/** Lines as Windows ends them: the card was written on any computer. */
async function tell(files: Files, name: string, lines: readonly string[]): Promise<void> {
  await files.replace(
    `${name.replace(/\.json$/i, '')}-result.txt`,
    utf8(lines.map((line) => `${line}\r\n`).join('')),
  );
}
