import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { UpdateStatus } from '../../src/port/update-status.ts';
import { CONFIG_COPIES_OCTETS } from '../../src/wire/config-copy/config-copy.ts';
import { newMaker, updateFile } from '../service/update/update-file.ts';
import type { Box } from './box.ts';
import { Card, PART_OCTETS } from './card.ts';
import { LoneBox } from './lone-box.ts';
import { waitFor } from './wait-for.ts';

const RESTART = 10;
const maker = newMaker();
// Does not compress, so that writing it takes a while.
const SYSTEM = randomBytes(PART_OCTETS - CONFIG_COPIES_OCTETS);
SYSTEM[0] = 1;
let lone: LoneBox;
let card: Card;
let box: Box;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
  card = await Card.make(lone.box.namespace, maker);
  await startFrom('a');
});

after(async () => {
  await box.crash();
  await card[Symbol.asyncDispose]();
  await lone[Symbol.asyncDispose]();
});

const file = (name: string): string => lone.box.namespace.file(name);

async function startFrom(slot: 'a' | 'b'): Promise<void> {
  box.options = card.options(slot);
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
  assert.deepEqual(card.told(), { counter: 1, good: 'a' });
  assert.ok(card.content('b').every((octet) => octet === 0));
});

test('a box that dies while an update is written starts the system it had', async () => {
  writeFileSync(file('update'), updateFile(maker, SYSTEM));
  const sending = box.cli(['update', file('update')]);
  await waitFor('the first octets in the other slot', () => card.content('b')[0] !== 0);
  await box.crash();
  await sending;
  const after = card.told();
  assert.equal(after?.good, 'a');
  await startFrom(after.trial ?? after.good);
  assert.equal((await systems()).slot, after.trial ?? after.good);
});

test('an update is written, verified and tried; the box asks for a restart', async () => {
  card.tell({ counter: 5, good: 'a' });
  await box.crash();
  await startFrom('a');
  const { status, stdout } = await box.cli(['update', file('update')]);
  assert.equal(status, 0);
  assert.match(stdout, /^verifying 100 %$/m);
  assert.match(stdout, /^2\.0\.0 is written and verified; /m);
  assert.equal((await box.program.ended).code, RESTART);
  assert.deepEqual(card.told(), { counter: 7, good: 'a', trial: 'b' });
  assert.deepEqual(card.content('b').subarray(0, SYSTEM.length), SYSTEM);
});

test('the new system stays when all has worked as before for a while', async () => {
  card.tell({ counter: 8, good: 'a', tried: 'b' });
  await startFrom('b');
  assert.equal((await systems()).onTrial, true);
  await waitFor('the end of the trial', async () => !(await systems()).onTrial, 90_000);
  assert.deepEqual(card.told(), { counter: 9, good: 'b', spare: 'a' });
});

test('the owner goes back to the system before', async () => {
  assert.equal((await box.cli(['update', '--back'])).status, 0);
  assert.equal((await box.program.ended).code, RESTART);
  assert.deepEqual(card.told(), { counter: 10, good: 'b', trial: 'a' });
});

test('a trial that did not hold is told in health', async () => {
  card.tell({ counter: 11, good: 'b', tried: 'a' });
  await startFrom('b');
  const { problem } = await systems();
  assert.match(problem ?? '', /was taken back: it did not come up, or the power failed meanwhile$/);
  assert.match(JSON.stringify(await box.health()), /was taken back/);
});

test('a box that runs because the other system is damaged says so in health, and takes the update that mends it', async () => {
  await box.crash();
  card.tell({ counter: 20, good: 'a', spare: 'b' });
  box.options = [...card.options('b'), '--fallback'];
  await box.start();
  assert.equal((await systems()).onTrial, false);
  for (const text of [(await box.cli(['update'])).stdout, JSON.stringify(await box.health())])
    assert.match(text, /The system in slot a is damaged since .*; install the update again/);
  const { status } = await box.cli(['update', file('update')]);
  assert.equal(status, 0);
  assert.equal((await box.program.ended).code, RESTART);
  assert.deepEqual(card.told(), { counter: 22, good: 'b', trial: 'a' });
});
