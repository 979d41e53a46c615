import { utf8 } from '../../base/text.ts';
import type { BlockDevices } from '../../port/block-device.ts';

/** The first words of a data partition that is to be formatted; ext4 leaves its first 1024 octets alone, so that they stand beside whatever there is. */
export const FORMAT_REQUEST = 'GATEPOST FORMAT\n';
const SECTOR = 512;

/** Asks the next start of the board to format the data partition. @throws KernelError */
export async function wantFormat(path: string, devices: BlockDevices): Promise<void> {
  const sector = new Uint8Array(SECTOR);
  sector.set(utf8(FORMAT_REQUEST));
  const device = await devices.open(path);
  try {
    await device.write(0, sector);
    await device.settle();
  } finally {
    await device.close();
  }
}
