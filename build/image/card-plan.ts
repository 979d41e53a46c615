import { CONFIG_COPIES_OCTETS } from '../../src/wire/config-copy/config-copy.ts';

export const MIB = 2 ** 20;

/** A primary partition. */
export interface Partition {
  readonly name: 'selector' | 'a' | 'b' | 'data';
  /** The type of the MBR: 0x0c is FAT32 by logical block, what the Raspberry Pi's ROM looks for; 0x83 is Linux. */
  readonly type: number;
  /** Octets from the start of the card. */
  readonly offset: number;
  readonly octets: number;
}

/** QEMU's SD card takes powers of two only; the data partition has what is left of it, and grows at the first boot. */
export const CARD_OCTETS = 512 * MIB;

/** The two copies of what the boot loader is told, in the gap before the first partition. */
export const SLOT_STATE_OFFSETS = [MIB, MIB + 64 * 1024] as const;

export const PARTITIONS: readonly [Partition, Partition, Partition, Partition] = [
  { name: 'selector', type: 0x0c, offset: 4 * MIB, octets: 64 * MIB },
  { name: 'a', type: 0x0c, offset: 68 * MIB, octets: 192 * MIB },
  { name: 'b', type: 0x0c, offset: 260 * MIB, octets: 192 * MIB },
  { name: 'data', type: 0x83, offset: 452 * MIB, octets: CARD_OCTETS - 452 * MIB },
];

/** The file system of a slot: the end of its partition is kept for copies of the configuration. */
export const SLOT_VOLUME_OCTETS = PARTITIONS[1].octets - CONFIG_COPIES_OCTETS;
