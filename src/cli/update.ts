import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError } from '../base/errors.ts';
import type { UpdateProgress, UpdateStatus } from '../port/update-status.ts';
import { RefusedError } from './client.ts';
import { type Command, type Context, printEither } from './command.ts';
import { unreadable } from './unreadable.ts';

export const updateCommand: Command = {
  name: 'update',
  usage: 'update [FILE] [--back] [--json]',
  summary:
    'installs an update and restarts into it, or into the system before it; without a word: which one runs',
  words: [0, 1],
  options: { back: false, json: false },
  async run(context) {
    const [path] = context.words;
    const isBack = context.flags.has('back');
    if (path !== undefined && isBack)
      throw new UserError(
        `Cannot update: "${path}" is to be installed, and --back is the system before; leave one of them out`,
      );
    if (path !== undefined) return await install(context, path);
    if (isBack) {
      await context.api.send('POST', '/api/update/back', {});
      context.print('the box restarts into the other system');
      return;
    }
    printEither(context, await context.api.get<UpdateStatus | null>('/api/update'), statusText);
  },
};

function statusText(status: UpdateStatus | null): string {
  if (status === null) return 'this box does not run from an image';
  const { version, board, slot, onTrial, problem } = status;
  const trial = onTrial ? ', on trial' : '';
  return [
    `${version} on the board ${board}, slot ${slot}${trial}`,
    ...(problem === null ? [] : [problem]),
  ].join('\n');
}

async function install({ api, print }: Context, path: string): Promise<void> {
  await requireReadable(path);
  let version: string | undefined;
  let shown = '';
  await api.upload('/api/update', createReadStream(path), (line) => {
    if ('error' in line && typeof line.error === 'string') throw new RefusedError(line.error);
    if ('version' in line && typeof line.version === 'string') version = line.version;
    if (!('stage' in line)) return;
    const text = progressText(line as unknown as UpdateProgress);
    if (text !== shown) print(text);
    shown = text;
  });
  if (version === undefined)
    throw new RefusedError('Cannot update: the box ended before it had said that the update is complete');
  print(`${version} is written and verified; the box restarts into it and keeps it if all works as before`);
}

/** In steps of ten: a line each fits a terminal as well as a log. */
function progressText({ stage, done, octets }: UpdateProgress): string {
  return `${stage} ${Math.floor((done * 10) / octets) * 10} %`;
}

async function requireReadable(path: string): Promise<void> {
  try {
    await (await open(path)).close();
  } catch (error) {
    throw unreadable('the update', path, error);
  }
}
