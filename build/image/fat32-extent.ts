import { DecodeError } from '../../src/base/errors.ts';

const SECTOR = 512;
/** The upper four bits of an entry are reserved. */
const ENTRY_MASK = 0x0fff_ffff;

/**
 * Octets from the start of a FAT32 volume to the end of its last cluster in use. What is behind need not be copied. The end of the content
 * itself says nothing: a file may end in zeros.
 */
export function fat32Extent(volume: Uint8Array): number {
  const view = new DataView(volume.buffer, volume.byteOffset, volume.length);
  if (volume.length < SECTOR || view.getUint16(510) !== 0x55aa || view.getUint16(11, true) !== SECTOR)
    throw new DecodeError('is no FAT32 volume with sectors of 512 octets', { offset: 0, path: 'FAT' });
  const clusterSectors = view.getUint8(13);
  const [reserved, copies, tableSectors] = [
    view.getUint16(14, true),
    view.getUint8(16),
    view.getUint32(36, true),
  ];
  const table = reserved * SECTOR;
  const entries = (tableSectors * SECTOR) / 4;
  let last = entries - 1;
  while (last >= 2 && (view.getUint32(table + last * 4, true) & ENTRY_MASK) === 0) last--;
  return (reserved + copies * tableSectors + (last - 1) * clusterSectors) * SECTOR;
}
