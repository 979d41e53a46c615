import { readFileSync } from 'node:fs';
import { readBoard } from '../../config/board.ts';
import { linuxBlockDevices } from '../../io/linux/block-device.ts';
import { updateKey } from '../../service/update/open-update.ts';
import { Updater, type UpdaterPorts } from '../../service/update/updater.ts';
import type { RunSettings } from '../settings.ts';
import { VERSION } from '../version.ts';

type GivenPorts = Omit<UpdaterPorts, 'devices'>;

/** What installs updates on the board that the box runs on; undefined if it does not run from an image. @throws UserError */
export function openUpdater(board: RunSettings['board'], ports: GivenPorts): Updater | undefined {
  if (board === undefined) return undefined;
  const { name, slots, slotState, updateKeys } = readBoard(readFileSync(board.file, 'utf8'));
  const { slot: running, isFallback } = board;
  const facts = { name, running, isFallback, slots, slotState, keys: updateKeys.map(updateKey) };
  return new Updater(facts, VERSION, { ...ports, devices: linuxBlockDevices });
}
