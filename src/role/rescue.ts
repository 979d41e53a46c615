import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { readBoard } from '../config/board.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import { linuxBlockDevices } from '../io/linux/block-device.ts';
import { ConfigCopies } from '../service/config-copies.ts';
import type { RunSettings } from './settings.ts';

/** The configuration of a box that nobody has configured. */
const DEFAULTS = '{ "version": 1 }\n';
const REFUSED = '.refused';

/** The copies of the configuration on the card of a board. @throws UserError */
export function configCopiesOf(board: NonNullable<RunSettings['board']>): ConfigCopies {
  const { slots } = readBoard(readFileSync(board.file, 'utf8'));
  return new ConfigCopies({ all: Object.values(slots), running: slots[board.slot] }, linuxBlockDevices);
}

/** The last configuration in force, from where the system was started; the defaults if there is none, or it cannot be read. */
async function lastConfig(board: NonNullable<RunSettings['board']>): Promise<string> {
  try {
    const text = await configCopiesOf(board).read();
    if (text === undefined) return DEFAULTS;
    readConfig(parseConfigText(text));
    return text;
  } catch {
    return DEFAULTS;
  }
}

/**
 * For a board whose configuration cannot be used, while the disk can: the last good one takes its place, and it is kept beside it.
 * @throws KernelError-like errors of the disk
 */
export async function replaceConfig(settings: RunSettings, cause: unknown): Promise<RunSettings> {
  const { board, config } = settings;
  if (board === undefined) throw cause;
  const text = await lastConfig(board);
  mkdirSync(dirname(config), { recursive: true });
  renameSync(config, config + REFUSED);
  writeFileSync(config, text, { mode: 0o600, flush: true });
  const rescue = `The configuration could not be used and the last good one is in force; ${config}${REFUSED} is the other: ${messageOf(cause).replaceAll('\n', '; ')}`;
  return { ...settings, rescue };
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
  mkdirSync(dirname(config), { recursive: true, mode: 0o700 });
  writeFileSync(config, await lastConfig(board), { mode: 0o600 });
  const rescue = `The data of the box cannot be used: there is no mail, and leases are in memory only. Format the card's data partition or replace the card, and restore a backup. (${messageOf(cause)})`;
  return { ...settings, data, config, rescue, isInMemory: true };
}
