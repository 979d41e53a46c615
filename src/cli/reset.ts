import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import process from 'node:process';
import { UserError } from '../base/errors.ts';
import { nodeFiles } from '../io/node/files.ts';
import type { Machine, ResetKind, ResetScope } from '../port/machine.ts';
import { findRequest } from '../service/reset/asked-by-file.ts';
import { wantReset } from '../service/reset/reset.ts';
import type { Command, Context } from './command.ts';
import { dataHolder } from './data-holder.ts';
import { dataDirectory, valueOf } from './mail-directory.ts';
import { resetData } from './reset-data.ts';

type Scopes = ReturnType<Machine['resetScopes']>;

/** What has to be typed. */
const WORD = 'reset';

export const resetCommand: Command = {
  name: 'reset',
  usage: 'reset [--everything] [--yes] [--if-asked DIR] [--data DIR] [--board FILE]',
  summary: 'puts the box back to factory settings; stored mail stays unless --everything',
  words: [0, 0],
  options: { everything: false, yes: false, 'if-asked': true, data: true, board: true },
  async run(context) {
    const folder = valueOf(context, 'if-asked');
    if (folder !== undefined) return await resetIfAsked(context, resolve(folder));
    const kind: ResetKind = context.flags.has('everything') ? 'everything' : 'settings';
    const { print, api, flags } = context;
    const isStopped = flags.has('data');
    if (isStopped) requireStopped(dataDirectory(context));
    const scopes = isStopped
      ? (await import('../engine/reset/scopes.ts')).RESET_SCOPES
      : await api.get<Scopes>('/api/reset');
    print(scopeText(scopes[kind]));
    if (!flags.has('yes')) await requireWord();
    if (isStopped) {
      await resetStopped(context, kind);
      return print('the box is reset');
    }
    await api.send('POST', '/api/reset', { kind });
    print('the box restarts, and is reset before anything else starts');
  },
};

/** For the start of a board: the owner has put a file on the partition that every computer can write. */
async function resetIfAsked(context: Context, folder: string): Promise<void> {
  const data = dataDirectory(context);
  requireStopped(data);
  // What was wanted before comes first: a configuration that is adopted next would be reset with it.
  const before = await resetData(data, valueOf(context, 'board'));
  if (before !== undefined) context.print('the box is reset, as was wanted before');
  const request = existsSync(folder) ? await findRequest(nodeFiles(folder)) : undefined;
  if (request === undefined) return before === undefined ? context.print('no reset is asked for') : undefined;
  await resetStopped(context, request.kind);
  await request.done();
  context.print('the box is reset, as the file on its card asked');
}

async function resetStopped(context: Context, kind: ResetKind): Promise<void> {
  const data = dataDirectory(context);
  await wantReset(nodeFiles(data), kind);
  await resetData(data, valueOf(context, 'board'));
}

function requireStopped(data: string): void {
  if (!existsSync(data)) throw new UserError(`Cannot reset the box: there is no directory "${data}"`);
  const pid = dataHolder(data);
  if (pid !== undefined)
    throw new UserError(
      `Cannot reset the data in "${data}": a box runs on them (process ${pid}); leave --data out, or stop it first`,
    );
}

/** What happens, for people to read before they say yes. */
function scopeText({ goes, stays, undo }: ResetScope): string {
  return [
    'What goes:',
    ...goes.map((line) => `  ${line}`),
    'What stays:',
    ...stays.map((line) => `  ${line}`),
    undo === null ? 'It cannot be taken back.' : `To take it back: ${undo}.`,
  ].join('\n');
}

async function requireWord(): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // The end of the input is no answer, and asks for no more patience.
    const ended = new Promise<string>((settle) => lines.once('close', () => settle('')));
    const typed = await Promise.race([lines.question(`Type "${WORD}" to go on: `), ended]);
    if (typed.trim() !== WORD)
      throw new UserError(`Nothing is reset: "${WORD}" was to be typed; --yes does without`);
  } finally {
    lines.close();
  }
}
