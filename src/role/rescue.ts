import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { fromUtf8, utf8 } from '../base/text.ts';
import { readBoard } from '../config/board.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import { linuxBlockDevices } from '../io/linux/block-device.ts';
import { nodeFiles } from '../io/node/files.ts';
import { makeDirectories } from '../io/node/make-directories.ts';
import { ConfigCopies } from '../service/config-copies.ts';
import type { RunSettings } from './settings.ts';

/** The configuration of a box that nobody has configured. */
const DEFAULTS = '{ "version": 1 }\n';
const REFUSED = '.refused';
/** What took the place of the refused one. */
const INSTEAD = '.instead';

/** The copies of the configuration on the card of a board. @throws UserError */
export function configCopiesOf(board: NonNullable<RunSettings['board']>): ConfigCopies {
  const { slots } = readBoard(readFileSync(board.file, 'utf8'));
  return new ConfigCopies({ all: Object.values(slots), running: slots[board.slot] }, linuxBlockDevices);
}

function isUsable(text: string): boolean {
  try {
    readConfig(parseConfigText(text));
    return true;
  } catch {
    return false;
  }
}

/**
 * The last configuration in force that this system understands, from where the system was started: after a way back to an older system the
 * newest copy may be of a newer one. The defaults if there is none.
 */
async function lastConfig(board: NonNullable<RunSettings['board']>): Promise<string> {
  try {
    return (await configCopiesOf(board).readAll()).find(isUsable) ?? DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

/**
 * For a board whose configuration cannot be used, while the disk can: the last good one takes its place, and it is kept beside it. The
 * place is never empty, as the next start would take the defaults for the owner's wish. @throws KernelError
 */
export async function replaceConfig(settings: RunSettings, cause: unknown): Promise<RunSettings> {
  const { board, config } = settings;
  if (board === undefined) throw cause;
  const [files, name] = [nodeFiles(dirname(config)), basename(config)];
  const refused = await files.read(name);
  if (refused === undefined) throw cause;
  const text = utf8(await lastConfig(board));
  await files.replace(name + REFUSED, refused);
  await files.replace(name + INSTEAD, text);
  await files.replace(name, text);
  const rescue = `The configuration could not be used and the last good one is in force; ${config}${REFUSED} is the other: ${messageOf(cause).replaceAll('\n', '; ')}`;
  return { ...settings, rescue };
}

/**
 * A configuration that another system of the card has refused takes its place again when this one understands it and the owner has changed
 * nothing since: an update that is taken back leaves the settings as they were. @throws KernelError
 */
export async function takeBackConfig({ config }: RunSettings): Promise<void> {
  const [files, name] = [nodeFiles(dirname(config)), basename(config)];
  const [refused, instead, current] = await Promise.all(
    [name + REFUSED, name + INSTEAD, name].map((one) => files.read(one)),
  );
  if (refused === undefined || instead === undefined || current === undefined) return;
  if (!Buffer.from(current).equals(instead) || !isUsable(fromUtf8(refused))) return;
  await files.replace(name, refused);
  await files.remove(name + INSTEAD);
  await files.remove(name + REFUSED);
}

/**
 * For a board whose data cannot be used: it routes with the last good configuration, and what it has to remember is in memory. There is
 * no mail then, as none could be promised; senders try again.
 */
export async function runFromMemory(settings: RunSettings, cause: unknown): Promise<RunSettings> {
  const { board, run } = settings;
  if (board === undefined) throw cause;
  const data = `${run}/rescue`;
  const config = `${data}/config/current.json`;
  makeDirectories(dirname(config), 0o700);
  writeFileSync(config, await lastConfig(board), { mode: 0o600 });
  const rescue = `The data of the box cannot be used: there is no mail, and leases are in memory only. Format the card's data partition or replace the card, and restore a backup. (${messageOf(cause)})`;
  return { ...settings, data, config, rescue, isInMemory: true };
}
