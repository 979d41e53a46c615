import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBootScript } from '../../../build/image/boot-script.ts';
import { budgetLines, requireBudgets } from '../../../build/image/budgets.ts';
import {
  CARD_OCTETS,
  PARTITIONS,
  SLOT_STATE_OFFSETS,
  SLOT_VOLUME_OCTETS,
} from '../../../build/image/card-plan.ts';
import { fat32Extent } from '../../../build/image/fat32-extent.ts';
import { encodeMasterBootRecord } from '../../../build/image/master-boot-record.ts';
import { MAX_SLOT_OCTETS } from '../../../src/wire/update/manifest.ts';
import { crc32 } from '../../../src/base/crc32.ts';
import { DecodeError, UserError } from '../../../src/base/errors.ts';

test('the partitions follow one another to the end of a card whose size is a power of two, as QEMU wants it', () => {
  assert.equal(Math.log2(CARD_OCTETS) % 1, 0);
  let end = 4 * 2 ** 20;
  for (const { offset, octets } of PARTITIONS) {
    assert.equal(offset, end);
    end = offset + octets;
  }
  assert.equal(end, CARD_OCTETS);
});

test('the slot state lies in the gap before the first partition, and a system fits what an update may be', () => {
  for (const offset of SLOT_STATE_OFFSETS) assert.ok(offset >= 512 && offset + 512 <= PARTITIONS[0].offset);
  assert.ok(SLOT_VOLUME_OCTETS <= MAX_SLOT_OCTETS);
  assert.ok(SLOT_VOLUME_OCTETS < PARTITIONS[1].octets);
});

test('encodeMasterBootRecord() writes type, first sector and number of sectors of each partition, and the signature', () => {
  const sector = Buffer.from(encodeMasterBootRecord(0x1234_5678, PARTITIONS));
  assert.equal(sector.length, 512);
  assert.equal(
    sector.subarray(0, 440).some((byte) => byte !== 0),
    false,
  );
  assert.equal(sector.toString('hex', 440, 446), '785634120000');
  assert.equal(sector.toString('hex', 446, 462), '00feffff0cfeffff0020000000000200');
  assert.equal(sector.toString('hex', 494, 512), '00feffff83feffff00200e0000e0010055aa');
});

test('encodeBootScript() writes a legacy image whose two checksums fit (U-Boot include/image.h)', () => {
  const image = Buffer.from(encodeBootScript('echo hello\n', 1000));
  assert.equal(image.readUInt32BE(0), 0x2705_1956);
  assert.equal(image.readUInt32BE(12), image.length - 64);
  assert.equal(image.readUInt32BE(24), crc32(image.subarray(64)));
  const head = Buffer.from(image.subarray(0, 64));
  head.writeUInt32BE(0, 4);
  assert.equal(image.readUInt32BE(4), crc32(head));
  assert.deepEqual([...image.subarray(28, 32)], [5, 22, 6, 0]);
  assert.equal(image.toString('latin1', 64), '\0\0\0\x0b\0\0\0\0echo hello\n');
});

/** A FAT32 volume of 8 clusters of 1 KiB behind 2 sectors and 2 tables of 1 sector. */
function volumeWith(entries: readonly number[]): Buffer {
  const volume = Buffer.alloc(4 * 512 + 8 * 1024);
  volume.writeUInt16LE(512, 11);
  volume.writeUInt8(2, 13);
  volume.writeUInt16LE(2, 14);
  volume.writeUInt8(2, 16);
  volume.writeUInt32LE(1, 36);
  volume.writeUInt16BE(0x55aa, 510);
  for (const [at, entry] of entries.entries()) volume.writeUInt32LE(entry, 1024 + at * 4);
  return volume;
}

test('fat32Extent() ends behind the last cluster in use, whatever is in it, and passes over the reserved bits of an entry', () => {
  const END = 0x0fff_ffff;
  assert.equal(fat32Extent(volumeWith([END, END, END])), 2048 + 1024);
  assert.equal(fat32Extent(volumeWith([END, END, END, 0, 5, END])), 2048 + 4 * 1024);
  assert.equal(fat32Extent(volumeWith([END, END, END, 0xf000_0000])), 2048 + 1024);
});

test('fat32Extent() refuses what is no FAT32 volume', () => {
  assert.throws(() => fat32Extent(Buffer.alloc(4096)), DecodeError);
});

test('requireBudgets() passes what fits and refuses what is over, with both sizes in megabytes', () => {
  const image = { name: 'image', octets: 80_000_000, most: 85_000_000 };
  requireBudgets([image]);
  assert.deepEqual(budgetLines([image]), ['image: 80.0 of 85.0 MB']);
  assert.throws(
    () => requireBudgets([{ ...image, octets: 85_100_000 }]),
    (error) => error instanceof UserError && error.message.includes('image: 85.1 of 85.0 MB, over'),
  );
});
