import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KernelError, UserError } from '../base/errors.ts';
import { nodeFiles } from '../io/node/files.ts';
import { makeDirectories } from '../io/node/make-directories.ts';
import type { Files } from '../port/files.ts';
import type { DataState } from '../port/machine.ts';
import { NotRunningError } from './client.ts';
import type { Context } from './command.ts';

/** Where a box keeps its data unless `--data` says otherwise. */
const DEFAULT_DATA_DIRECTORY = '/data';

/** The value of an option that takes one; undefined if it was not given. */
export function valueOf({ flags }: Context, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === 'string' ? value : undefined;
}

export function dataDirectory(context: Context): string {
  return resolve(valueOf(context, 'data') ?? DEFAULT_DATA_DIRECTORY);
}

/** The data directory whose mail is meant: the one named, else that of the running box, else where a box keeps it. */
export async function mailDataDirectory(context: Context): Promise<string> {
  const named = valueOf(context, 'data');
  return resolve(named ?? (await directoryOfBox(context)) ?? DEFAULT_DATA_DIRECTORY);
}

export async function mailDataFiles(context: Context): Promise<Files> {
  return storeFiles(await mailDataDirectory(context));
}

/** Undefined while no box runs, or none that may be asked. */
async function directoryOfBox({ api }: Context): Promise<string | undefined> {
  try {
    return (await api.get<DataState>('/api/data')).directory;
  } catch (error) {
    if (error instanceof NotRunningError || error instanceof KernelError) return undefined;
    throw error;
  }
}

/** The data directory that a command reads, whether the box runs or not. */
export function dataFiles(context: Context): Files {
  return nodeFiles(dataDirectory(context));
}

/** A directory with stored mail in it: that of the data of a box, or a backup. @throws UserError */
export function storeFiles(path: string): Files {
  const full = resolve(path);
  if (!existsSync(join(full, 'mail')))
    throw new UserError(
      `Cannot read stored mail in "${full}": there is none; wanted is the data directory of a box, or a backup of its mail`,
    );
  return nodeFiles(full);
}

/** The directory to write into, made if it is missing. @throws KernelError */
export function directoryFiles(path: string): Files {
  const full = resolve(path);
  makeDirectories(full, 0o700);
  return nodeFiles(full);
}

/** A file to write or read, by its directory and its name in it. */
export function fileIn(path: string): { readonly files: Files; readonly name: string } {
  const full = resolve(path);
  if (basename(full) === '') throw new UserError(`Cannot use ${path} as a file: it is a directory`);
  return { files: nodeFiles(dirname(full)), name: basename(full) };
}
