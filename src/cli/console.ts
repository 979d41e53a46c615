import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';
import type { Command } from './command.ts';
import { valueOf } from './mail-directory.ts';
import { UsageError } from './read-options.ts';
import { DEFAULT_RUN_DIRECTORY } from './run-directory.ts';

/** Less speed and less memory: a screen that changes every few seconds needs no optimizing compiler. */
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--lite-mode'];

export const consoleCommand: Command = {
  name: 'console',
  usage: 'console --tty PATH',
  summary: 'shows the state of the box and a menu on a text terminal, for as long as there is one',
  words: [0, 0],
  options: { tty: true },
  async run(context) {
    const tty = valueOf(context, 'tty');
    if (tty === undefined) throw new UsageError('Cannot show the console: --tty PATH names the terminal');
    // A program of its own: who runs the large one keeps its memory.
    const program = fileURLToPath(new URL('console.mjs', import.meta.url));
    const run = valueOf(context, 'run') ?? DEFAULT_RUN_DIRECTORY;
    process.execve?.(process.execPath, [process.execPath, ...FLAGS, program, tty, run], process.env);
    throw new UserError('Cannot show the console: this Node cannot replace its process image');
  },
};
