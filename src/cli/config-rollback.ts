import { UserError } from '../base/errors.ts';
import { type Command, printEither } from './command.ts';

function numberOf(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw new UserError(
    `Cannot go back to the change "${word}": it is no number; "gatepost config history" lists what there is`,
  );
}

export const configRollbackCommand: Command = {
  name: 'config rollback',
  usage: 'config rollback [CHANGE] [--json]',
  summary: 'takes the latest change of the configuration back, or CHANGE and all since',
  words: [0, 1],
  options: { json: false },
  async run(context) {
    const number = numberOf(context.words[0]);
    const body = number === undefined ? {} : { change: number };
    const changes = await context.api.send<readonly string[]>('POST', '/api/config/rollback', body);
    printEither(context, changes, (lines) => (lines.length === 0 ? 'nothing to change' : lines.join('\n')));
  },
};
