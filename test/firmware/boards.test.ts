import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_SOURCES, readBoardDescription } from '../../build/image/image-sources.ts';
import { SLOT_STATE_OFFSETS } from '../../build/image/card-plan.ts';
import { readBoard } from '../../src/config/board.ts';

const { boards, firmware } = PROJECT_SOURCES;
const NAMES = readdirSync(boards).map((file) => file.replace(/\.json$/, ''));
const SCRIPT = readFileSync(join(firmware, 'boot.cmd'), 'utf8');
const START = readFileSync(join(PROJECT_SOURCES.overlay, 'etc/board/start'), 'utf8');
const KEY = Buffer.alloc(32).toString('base64');

test('there is a board for QEMU and one for the Raspberry Pi', () => {
  assert.deepEqual(NAMES.toSorted(), ['qemu-virt', 'rpi']);
});

for (const name of NAMES) {
  const { box, image } = readBoardDescription(PROJECT_SOURCES, name);
  const board = readBoard(JSON.stringify({ ...box, updateKeys: [KEY] }));

  test(`the box understands the description of ${name}, which has the name of its file`, () => {
    assert.equal(board.name, name);
  });

  test(`${name} has the slot state where the image writes it and boot.cmd reads it`, () => {
    assert.deepEqual(board.slotState.offsets, [...SLOT_STATE_OFFSETS]);
    const sectors = new Set([...SCRIPT.matchAll(/^ *setenv gp_block ([0-9a-f]+)$/gm)].map(([, at]) => at));
    assert.deepEqual(
      [...sectors],
      SLOT_STATE_OFFSETS.map((offset) => (offset / 512).toString(16)),
    );
  });

  test(`${name} names its devices as the start of the board does, whatever Linux calls them`, () => {
    assert.match(START, /ln -sfn \/run\/card \/dev\/card/);
    const { a, b } = board.slots;
    assert.deepEqual(
      [a, b, board.data, board.slotState.device],
      ['/dev/card/a', '/dev/card/b', '/dev/card/data', '/dev/card/whole'],
    );
  });

  test(`the kernel of ${name} speaks to a console and does not stay in a panic`, () => {
    assert.match(image.arguments, /(?:^| )console=\w+/);
    assert.match(image.arguments, /(?:^| )panic=[1-9]/);
    assert.doesNotMatch(image.arguments, /gatepost\./, 'the boot script adds these');
    assert.ok(image.arguments.length < 900, 'a line of U-Boot ends at 1024');
  });
}
