import { concatBytes } from '../../src/base/bytes.ts';
import { crc32 } from '../../src/base/crc32.ts';
import { utf8 } from '../../src/base/text.ts';
import { Writer } from '../../src/base/writer.ts';

/** U-Boot's include/image.h. */
const IH = {
  MAGIC: 0x2705_1956,
  OS_LINUX: 5,
  ARCH_ARM64: 22,
  TYPE_SCRIPT: 6,
  COMP_NONE: 0,
  NMLEN: 32,
} as const;
const CHECKSUM_AT = 4;

/**
 * A script as U-Boot's `source` takes it, a "legacy image":
 * ```
 *  0  u32  magic                         24  u32       CRC-32 of all behind the head
 *  4  u32  CRC-32 of the head, itself 0  28  4 x u8    system, architecture, type, compression
 *  8  u32  time                          32  32 bytes  name
 * 12  u32  octets behind the head        64  u32       length of the script, then u32 0, the end of the list of lengths
 * 16  u32  load and entry address, 0     72            the script
 * ```
 */
export function encodeBootScript(script: string, epoch: number): Uint8Array<ArrayBuffer> {
  const text = utf8(script);
  const data = concatBytes([new Writer(8).u32(text.length).u32(0).finish(), text]);
  const name = new Uint8Array(IH.NMLEN);
  name.set(utf8('Gatepost'));
  const head = new Writer(64).u32(IH.MAGIC).u32(0).u32(epoch).u32(data.length).u32(0).u32(0).u32(crc32(data));
  head.u8(IH.OS_LINUX).u8(IH.ARCH_ARM64).u8(IH.TYPE_SCRIPT).u8(IH.COMP_NONE).bytes(name);
  const image = concatBytes([head.finish(), data]);
  new DataView(image.buffer).setUint32(CHECKSUM_AT, crc32(image.subarray(0, 64)));
  return image;
}
