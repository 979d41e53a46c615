import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { newMaker } from '../service/update/update-file.ts';
import type { Box } from './box.ts';
import { LoneBox } from './lone-box.ts';
import { waitFor } from './wait-for.ts';

// A file in the place of the watchdog: every octet in it is one feeding.
let lone: LoneBox;
let box: Box;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
  const board = {
    name: 'test-board',
    slots: { a: '/dev/null', b: '/dev/null' },
    slotState: { device: '/dev/null', offsets: [0, 512] },
    updateKeys: [newMaker().publicKey],
    watchdog: watchdog(),
  };
  writeFileSync(watchdog(), '');
  writeFileSync(lone.box.namespace.file('board.json'), JSON.stringify(board));
  box.options = ['--board', lone.box.namespace.file('board.json'), '--slot', 'a'];
  await box.start();
});

after(() => lone[Symbol.asyncDispose]());

const watchdog = (): string => lone.box.namespace.file('watchdog');
const fed = (): number => statSync(watchdog()).size;

test('the watchdog is fed while the box works, and not by a box that stands still', async () => {
  await waitFor('two feedings', () => fed() >= 2);
  const net = (await box.rolePids()).get('net') ?? 0;
  process.kill(net, 'SIGSTOP');
  const before = fed();
  await waitFor('as long as three feedings take', later(12_000));
  assert.equal(fed(), before);
  process.kill(net, 'SIGCONT');
  await waitFor('the next feeding', () => fed() > before);
});

test('the end of net does not call the watchdog off, an end in order does', async () => {
  await box.killRole('net');
  writeFileSync(watchdog(), '');
  await waitFor('two feedings by the new process', () => fed() >= 2);
  assert.ok(readFileSync(watchdog()).every((octet) => octet === 0));
  assert.deepEqual(await box.stop(), { code: 0, signal: null });
  assert.equal(readFileSync(watchdog()).at(-1), 'V'.charCodeAt(0));
});

/** Nothing happens that could be waited for. */
function later(milliseconds: number): () => boolean {
  const end = performance.now() + milliseconds;
  return () => performance.now() >= end;
}
