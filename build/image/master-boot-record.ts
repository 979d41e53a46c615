import { InvariantError } from '../../src/base/errors.ts';
import type { Partition } from './card-plan.ts';

const SECTOR = 512;
const ENTRIES = 446;
const ENTRY_SIZE = 16;
/** Cylinder 1023, head 254, sector 63: "look at the block address instead", which is all that anything of today reads. */
const NO_CYLINDER = [0xfe, 0xff, 0xff] as const;

/**
 * The first sector of a card. Boot code is left out, no board runs it.
 * ```
 * 440  u32 le   disk signature
 * 446  4 x 16   status, start as cylinder/head/sector, type, end likewise, first sector u32 le, sectors u32 le
 * 510  2 bytes  0x55 0xaa
 * ```
 */
export function encodeMasterBootRecord(signature: number, partitions: readonly Partition[]): Uint8Array {
  if (partitions.length > 4)
    throw new InvariantError(`An MBR has no place for ${partitions.length} partitions`);
  const sector = new Uint8Array(SECTOR);
  const view = new DataView(sector.buffer);
  view.setUint32(440, signature, true);
  for (const [index, { type, offset, octets }] of partitions.entries()) {
    const at = ENTRIES + index * ENTRY_SIZE;
    sector.set([0, ...NO_CYLINDER, type, ...NO_CYLINDER], at);
    view.setUint32(at + 8, offset / SECTOR, true);
    view.setUint32(at + 12, octets / SECTOR, true);
  }
  sector.set([0x55, 0xaa], SECTOR - 2);
  return sector;
}
