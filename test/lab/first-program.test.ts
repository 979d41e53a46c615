import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { DATA_AT, DATA_MIB, InitCard, MIB, PARTITIONS } from './init-card.ts';

// firmware/initramfs/init with the machine's busybox, e2fsprogs and kernel; the init of the system it hands over to is a stand-in that
// tells what it finds.

const SUPERBLOCK_AT = DATA_AT * MIB + 1024;
const BLOCK = 4096;

/** Bit 24 of the effective capabilities: a file system that is mounted grows for nobody else (ext4_resize_begin of the kernel). */
const mayResize =
  (BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`) >> 24n) & 1n;
const growth = mayResize === 1n ? {} : { skip: 'CAP_SYS_RESOURCE is not there' };

let card: InitCard;

before(async () => {
  card = await InitCard.make();
});

after(() => card[Symbol.asyncDispose]());

function dataOf(output: string): string {
  const [, data = output] = /^data: (.*)$/m.exec(output) ?? [];
  return data;
}

test('a whole card starts with its data, and its partition table and its slot are not written to', async () => {
  await card.fresh();
  const before = card.read(0, DATA_AT * MIB);
  const output = await card.start();
  assert.equal(dataOf(output), 'ok', output);
  assert.match(output, /^slot: a$/m);
  assert.match(output, /^card: (\/dev\/loop\d+) \1 \1p2$/m);
  assert.match(output, /^kept: here before$/m);
  assert.match(output, /^data is writable$/m);
  assert.match(output, /^mounts: 6$/m, 'all views of the kernel have moved');
  assert.match(output, / \/ ext4 ro,nosuid,nodev/);
  assert.match(output, / \/data ext4 rw,nosuid,nodev,noexec,noatime/);
  assert.deepEqual(card.read(0, DATA_AT * MIB), before);
});

test('the data grows to the end of a larger card once, and keeps what it holds', growth, async () => {
  await card.fresh(DATA_MIB, 400);
  const output = await card.start();
  assert.equal(dataOf(output), 'grown', output);
  assert.match(output, /the data partition grows from 24 to 344 MiB/);
  assert.match(output, /^MiB: \S+ +3[1-4]\d /m);
  assert.match(output, /^kept: here before$/m);
  const again = await card.start();
  assert.equal(dataOf(again), 'ok', again);
  assert.doesNotMatch(again, /grow/);
});

test('growth that was cut after the partition table goes on with the file system', growth, async () => {
  await card.fresh(DATA_MIB, 216);
  const sectors = Buffer.alloc(4);
  sectors.writeUInt32LE(((216 - DATA_AT) * MIB) / 512);
  await card.write(446 + 3 * 16 + 12, sectors);
  const output = await card.start();
  assert.equal(dataOf(output), 'grown', output);
  assert.match(output, /^MiB: \S+ +1[3-5]\d /m);
});

test('after a power cut the journal is replayed, and what was synced is there', async () => {
  await card.fresh();
  await card.cutPower();
  const output = await card.start();
  assert.equal(dataOf(output), 'ok', output);
  assert.match(output, /^kept: written before the power cut$/m);
});

test('a lost superblock is replaced by its copy', async () => {
  await card.fresh(200);
  await card.write(SUPERBLOCK_AT, new Uint8Array(1024));
  const output = await card.start();
  assert.equal(dataOf(output), 'repaired', output);
  assert.match(output, /^data is writable$/m);
});

test('damaged inodes are repaired as far as they can be', async () => {
  await card.fresh();
  const noise = Uint8Array.from({ length: 24 * BLOCK }, (_, at) => (at * 167 + 13) & 255);
  await card.write(DATA_AT * MIB + 3 * BLOCK, noise);
  const output = await card.start();
  assert.equal(dataOf(output), 'repaired', output);
  assert.match(output, /^data is writable$/m);
  assert.equal(dataOf(await card.start()), 'ok');
});

for (const [what, damage, reason] of [
  [
    'zeros all over',
    () => card.write(DATA_AT * MIB, new Uint8Array(DATA_MIB * MIB)),
    /damaged beyond repair/,
  ],
  [
    'no data partition in the table',
    () => card.write(446 + 3 * 16, new Uint8Array(16)),
    /has no data partition/,
  ],
  ['a card that is too small', () => card.truncate(DATA_AT + 10), /the card is too small by 14 MiB/],
] as const)
  test(`with ${what} the system starts without its data, says why, and leaves nothing to write to`, async () => {
    await card.fresh();
    await damage();
    const output = await card.start();
    assert.match(dataOf(output), /^broken: /);
    assert.match(dataOf(output), reason);
    assert.match(output, /^data is read-only$/m);
    assert.match(output, /^the end$/m);
  });

test('a system whose root is damaged restarts the board, and gives nobody a shell', async () => {
  await card.fresh();
  await card.write((PARTITIONS[1][0] + 2) * MIB, new Uint8Array(18 * MIB));
  const output = await card.start();
  assert.match(output, /cannot start this system: .*; the board restarts in 10 seconds/);
  assert.doesNotMatch(output, /^the end$/m);
});

test('one damaged block is found before anything of the root is used, and the third such start in a row moves to the other slot', async () => {
  await card.fresh();
  card.tell({ counter: 7, good: 'a', spare: 'b' });
  await card.putSystem('b');
  await card.damageRoot('a');
  for (const failed of [1, 2]) {
    const output = await card.start();
    assert.match(output, /root\.squashfs is damaged or cannot be read; the board restarts in 10 seconds/);
    assert.deepEqual(card.told(), { counter: 7 + failed, good: 'a', spare: 'b', failed });
  }
  const third = await card.start();
  assert.match(third, /slot a is damaged: the system in slot b takes over/);
  assert.deepEqual(card.told(), { counter: 10, good: 'b', damaged: 'a' });
  const output = await card.start('b');
  assert.match(output, /^slot: b$/m);
  assert.match(output, /^the end$/m);
  assert.deepEqual(
    card.told(),
    { counter: 10, good: 'b', damaged: 'a' },
    'a start that works writes nothing',
  );
});

for (const [what, prepare] of [
  ['holds no system', () => Promise.resolve()],
  [
    'is damaged too',
    async () => {
      await card.putSystem('b');
      await card.damageRoot('b');
    },
  ],
] as const)
  test(`when the other slot ${what}, the box says so and goes on trying at longer and longer intervals`, async () => {
    await card.fresh();
    await prepare();
    await card.damageRoot('a');
    const pauses: string[] = [];
    for (let starts = 1; starts <= 10; starts++) {
      const output = await card.start();
      assert.doesNotMatch(output, /^the end$/m);
      if (starts > 2) assert.match(output, /NEITHER SYSTEM ON THIS CARD CAN BE STARTED/);
      pauses.push(/^pause: (\d+)$/m.exec(output)?.[1] ?? output);
    }
    assert.equal(pauses.join(' '), '10 10 60 120 240 480 960 1800 1800 1800');
    assert.deepEqual(card.told(), { counter: 9, good: 'a', failed: 8 }, 'nothing more is written');
    await card.putSystem('a');
    assert.match(await card.start(), /^the end$/m);
  });

test('a system that runs because the other could not be loaded is told', async () => {
  await card.fresh();
  await card.putSystem('b');
  assert.match(await card.start('b', ' gatepost.fallback=yes'), /^instead of the other$/m);
  assert.doesNotMatch(await card.start('a'), /^instead/m);
});

test('a slot that nobody has named restarts the board', async () => {
  await card.fresh();
  assert.match(await card.start('c'), /cannot start this system: the kernel was not told a slot/);
});
