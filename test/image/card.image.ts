import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { PARTITIONS, SLOT_STATE_OFFSETS } from '../../build/image/card-plan.ts';
import { runProgram } from '../../build/image/run-program.ts';
import { treeOfFolder } from '../../build/image/tree.ts';
import { readBoard } from '../../src/config/board.ts';
import { openUpdate, updateKey } from '../../src/service/update/open-update.ts';
import { newestSlotState } from '../../src/wire/slot-state/slot-state.ts';
import { inChunks } from '../service/update/update-file.ts';
import { builtImage } from './built-image.ts';

interface ManifestLine {
  readonly part: string;
  readonly path: string;
  readonly sha256?: string;
  readonly link?: string;
}

suite('the card as it lies in the file', () => {
  const built = builtImage();
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-card-'));
  let card: Buffer;

  before(async () => {
    writeFileSync(join(folder, 'card.img.xz'), readFileSync(built.image));
    await runProgram(['xz', '--decompress', join(folder, 'card.img.xz')]);
    card = readFileSync(join(folder, 'card.img'));
    for (const [at, { name, offset, octets }] of PARTITIONS.entries()) {
      const file = join(folder, `${name}.img`);
      writeFileSync(file, card.subarray(offset, offset + octets));
      if (at > 1) continue;
      await runProgram(['mkdir', join(folder, name)]);
      await runProgram(['mcopy', '-s', '-i', file, '::*', join(folder, name)]);
    }
    const squash = join(folder, 'a/root.squashfs');
    await runProgram(['unsquashfs', '-no-progress', '-quiet', '-d', join(folder, 'root'), squash]);
  });
  after(() => rmSync(folder, { recursive: true }));

  test('its checksums fit', async () => {
    const sums = readdirSync(built.folder).filter((name) => name.endsWith('.sha256'));
    await runProgram(['sha256sum', '--quiet', '--check', ...sums], { cwd: built.folder });
  });

  test('its file systems are whole', async () => {
    for (const name of ['selector.img', 'a.img']) await runProgram(['fsck.fat', '-n', join(folder, name)]);
    await runProgram(['e2fsck', '-fn', join(folder, 'data.img')]);
  });

  test('it starts the system in slot a', () => {
    const copies = SLOT_STATE_OFFSETS.map((at) => card.subarray(at, at + 512));
    assert.deepEqual(newestSlotState(copies), { counter: 1, good: 'a' });
  });

  test('every file of the manifest is there with its hash, and no other', () => {
    const lines = readFileSync(built.manifest, 'utf8').trimEnd().split('\n');
    const wanted = lines.map((line) => JSON.parse(line) as ManifestLine);
    for (const [part, place] of [
      ['selector', 'selector'],
      ['slot', 'a'],
      ['root', 'root'],
    ] as const) {
      const found = [...treeOfFolder(join(folder, place), '')].flatMap(([path, entry]) => {
        if (entry.kind === 'directory') return [];
        return [`${path} ${entry.kind === 'link' ? entry.target : sha256(join(folder, place, path))}`];
      });
      const listed = wanted.filter((one) => one.part === part);
      assert.deepEqual(
        found.toSorted(),
        listed.map(({ path, sha256: hash, link }) => `${path} ${hash ?? link}`).toSorted(),
      );
    }
  });

  test('no program of the root gets rights by being started', async () => {
    const text = await runProgram(['find', join(folder, 'root'), '-perm', '/7000']);
    assert.equal(text.toString(), '');
  });

  test('its box takes the update that was built with it', async () => {
    const board = readBoard(readFileSync(join(folder, 'root/etc/gatepost/board.json'), 'utf8'));
    const keys = board.updateKeys.map((text) => updateKey(text));
    const { manifest } = await openUpdate(inChunks(readFileSync(built.update), 1_000_003), keys);
    assert.equal(manifest.board, board.name);
    const slot = readFileSync(join(folder, 'a.img')).subarray(0, manifest.octets);
    const last = slot.subarray((manifest.blocks.length - 1) * manifest.blockSize);
    assert.equal(
      createHash('sha256').update(last).digest('hex'),
      Buffer.from(manifest.blocks.at(-1) ?? []).toString('hex'),
    );
  });
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
