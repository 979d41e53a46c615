import { readFileSync } from 'node:fs';
import { readBoard } from '../config/board.ts';
import { linuxBlockDevices } from '../io/linux/block-device.ts';
import { NodeClock } from '../io/node/clock.ts';
import { deleteAllBut } from '../io/node/delete-tree.ts';
import { nodeFiles } from '../io/node/files.ts';
import type { ResetKind } from '../port/machine.ts';
import { ConfigCopies } from '../service/config-copies.ts';
import { ConfigStore } from '../service/config-store.ts';
import { completeReset } from '../service/reset/reset.ts';

/** Carries out a reset that is wanted, if one is, on the data of a box that does not run; `board` is the file of its board. @throws KernelError, UserError */
export function resetData(data: string, board: string | undefined): Promise<ResetKind | undefined> {
  const [files, clock] = [nodeFiles(data), new NodeClock()];
  return completeReset({
    files,
    keepCurrent: async () => {
      const store = await ConfigStore.open({ files, fileName: 'config/current.json', data: files, clock });
      await store.keepCurrent('reset');
    },
    deleteAllBut: (path) => deleteAllBut(data, path),
    forgetCopies: async () => {
      if (board === undefined) return;
      const slots = Object.values(readBoard(readFileSync(board, 'utf8')).slots);
      await new ConfigCopies({ all: slots, running: '' }, linuxBlockDevices).forget();
    },
  });
}
