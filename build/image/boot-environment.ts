import { crc32 } from '../../src/base/crc32.ts';
import { encodeEnvironment } from '../../src/wire/slot-state/environment.ts';

export interface BootParts {
  /** Arguments of the kernel; the boot script adds the slot and the card. */
  readonly arguments: string;
  /** Content of the slot's files of these names. */
  readonly kernel: Uint8Array;
  readonly initramfs: Uint8Array;
}

/**
 * `boot.env` of a slot: what firmware/boot.cmd needs to start its system, and to find out that it cannot. U-Boot's `crc32` leaves the
 * checksum big-endian in memory, and its `itest` reads memory little-endian.
 */
export function encodeBootEnvironment(parts: BootParts): Uint8Array<ArrayBuffer> {
  return encodeEnvironment(
    new Map([
      ['arguments', parts.arguments],
      ['initramfs', asMemoryShows(crc32(parts.initramfs))],
      ['kernel', asMemoryShows(crc32(parts.kernel))],
    ]),
  );
}

function asMemoryShows(checksum: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, checksum);
  return `0x${view.getUint32(0, true).toString(16).padStart(8, '0')}`;
}
