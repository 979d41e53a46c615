import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { UpdateStatus } from '../../src/port/box.ts';
import { type SlotState, encodeSlotState, newestSlotState } from '../../src/wire/slot-state/slot-state.ts';
import { newMaker, updateFile } from '../service/update/update-file.ts';
import type { Box } from './box.ts';
import { LoneBox } from './lone-box.ts';
import { outputOf } from './run-command.ts';
import { waitFor } from './wait-for.ts';

// A card of three loop devices: what the boot loader is told, and the two slots.
const CARD = ['state', 'a', 'b'] as const;
type Part = (typeof CARD)[number];
const OCTETS = 8 * 2 ** 20;
const SECTOR = 512;
const RESTART = 10;

const maker = newMaker();
const SYSTEM = Buffer.alloc(OCTETS - SECTOR, 'the new system ');
const devices = new Map<Part, string>();
let lone: LoneBox;
let box: Box;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
  for (const part of CARD) {
    await outputOf(['truncate', '-s', String(OCTETS), image(part)]);
    devices.set(part, (await outputOf(['losetup', '--find', '--show', image(part)])).trim());
  }
  const board = {
    name: 'test-board',
    slots: { a: devices.get('a'), b: devices.get('b') },
    slotState: { device: devices.get('state'), offsets: [0, SECTOR] },
    updateKeys: [maker.publicKey],
  };
  writeFileSync(file('board.json'), JSON.stringify(board));
  tell({ counter: 1, good: 'a' });
  await startFrom('a');
});

after(async () => {
  if (box.program !== undefined) await box.crash();
  for (const device of devices.values()) await outputOf(['losetup', '--detach', device]);
  await lone[Symbol.asyncDispose]();
});

const file = (name: string): string => lone.box.namespace.file(name);
const image = (part: Part): string => file(`card-${part}.img`);

/** What the boot loader reads, from the device itself. */
function told(): SlotState | undefined {
  const card = readFileSync(devices.get('state') ?? '');
  return newestSlotState([card.subarray(0, SECTOR), card.subarray(SECTOR, 2 * SECTOR)]);
}

function tell(state: SlotState): void {
  const sector = encodeSlotState(state);
  writeFileSync(devices.get('state') ?? '', Buffer.concat([sector, sector]), { flag: 'r+' });
}

async function startFrom(slot: 'a' | 'b'): Promise<void> {
  box.options = ['--board', file('board.json'), '--slot', slot];
  await box.start();
}

const systems = (): Promise<UpdateStatus> => box.json('update') as Promise<UpdateStatus>;

test('the box says from which slot it runs', async () => {
  const { board, slot, onTrial, problem } = await systems();
  assert.deepEqual(
    { board, slot, onTrial, problem },
    { board: 'test-board', slot: 'a', onTrial: false, problem: null },
  );
});

test('an update of another maker is refused with one sentence, and nothing is written', async () => {
  writeFileSync(file('foreign'), updateFile(newMaker(), SYSTEM));
  const { status, stderr } = await box.cli(['update', file('foreign')]);
  assert.deepEqual(
    [status, stderr],
    [
      1,
      'Cannot update: the file is not signed by a key that this box trusts; get it from where the box is from\n',
    ],
  );
  assert.deepEqual(told(), { counter: 1, good: 'a' });
  assert.ok(readFileSync(devices.get('b') ?? '').every((octet) => octet === 0));
});

test('a box that dies while an update is written starts the system it had', async () => {
  writeFileSync(file('update'), updateFile(maker, SYSTEM));
  const sending = box.cli(['update', file('update')]);
  await waitFor('the first octets in the other slot', () => readFileSync(devices.get('b') ?? '')[0] !== 0);
  await box.crash();
  await sending;
  const after = told();
  assert.equal(after?.good, 'a');
  await startFrom(after.trial ?? after.good);
  assert.equal((await box.health()).ok, (await box.health()).firstError === null);
});

test('an update is written, verified and tried; the box asks for a restart', async () => {
  tell({ counter: 5, good: 'a' });
  if ((await systems()).slot !== 'a') await startFrom('a');
  const { status, stdout } = await box.cli(['update', file('update')]);
  assert.equal(status, 0);
  assert.match(stdout, /^verifying 100 %$/m);
  assert.match(stdout, /^2\.0\.0 is written and verified; /m);
  assert.equal((await box.program.ended).code, RESTART);
  assert.deepEqual(told(), { counter: 7, good: 'a', trial: 'b' });
  assert.deepEqual(readFileSync(devices.get('b') ?? '').subarray(0, SYSTEM.length), SYSTEM);
});

test('the new system stays when all has worked as before for a while', async () => {
  tell({ counter: 8, good: 'a', tried: 'b' });
  await startFrom('b');
  assert.equal((await systems()).onTrial, true);
  await waitFor('the end of the trial', async () => !(await systems()).onTrial, 90_000);
  assert.deepEqual(told(), { counter: 9, good: 'b', spare: 'a' });
});

test('the owner goes back to the system before', async () => {
  assert.equal((await box.cli(['update', '--back'])).status, 0);
  assert.equal((await box.program.ended).code, RESTART);
  assert.deepEqual(told(), { counter: 10, good: 'b', trial: 'a' });
});

test('a trial that did not hold is told in health', async () => {
  tell({ counter: 11, good: 'b', tried: 'a' });
  await startFrom('b');
  const { problem } = await systems();
  assert.match(problem ?? '', /was taken back: it did not come up, or the power failed meanwhile$/);
  assert.match(JSON.stringify(await box.health()), /was taken back/);
});
