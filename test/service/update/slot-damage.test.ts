import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes } from '../../../src/base/duration.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { type SlotState, encodeSlotState } from '../../../src/wire/slot-state/slot-state.ts';
import type { MemoryDevices } from '../../fake/memory-devices.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { CARD, boot, healthWith, newDevices, stateOf, systemOf } from './update-box.ts';
import { inChunks, newMaker, updateFile } from './update-file.ts';

const maker = newMaker();
const FILE = updateFile(maker, systemOf(2));
const silent = (): void => undefined;

function siteWith(state: SlotState): { devices: MemoryDevices; files: MemoryFiles } {
  const devices = newDevices();
  devices.put(CARD, 512, encodeSlotState(state));
  return { devices, files: new MemoryFiles() };
}

test('Updater says which system is damaged, since when, which runs, and what to do', async () => {
  const site = siteWith({ counter: 9, good: 'b', damaged: 'a' });
  const box = await boot({ ...site, maker });
  const problem = box.updater.status.problem ?? '';
  assert.match(
    problem,
    /^The system in slot a is damaged since 2026-01-15: .*\. The box runs 1\.0\.0 from slot b instead; install the update again/,
  );
  assert.equal(box.updater.status.onTrial, false);
  assert.equal(box.failures.length, 1, 'it is kept with the reasons of restarts');
  const later = await boot({ ...site, maker, wall: Timestamp(Date.UTC(2026, 5, 1)) });
  assert.equal(later.updater.status.problem, problem, 'the day is that of the first start');
  assert.deepEqual(later.failures, [], 'and it is kept once');
  assert.deepEqual(stateOf(site.devices), { counter: 9, good: 'b', damaged: 'a' });
});

test('Updater names no day of 1970, and the day when the box knows the time', async () => {
  const site = siteWith({ counter: 9, good: 'b', damaged: 'a' });
  const early = await boot({ ...site, maker, wall: Timestamp(60_000) });
  assert.match(early.updater.status.problem ?? '', /^The system in slot a is damaged: its files/);
  const later = await boot({ ...site, maker });
  assert.match(later.updater.status.problem ?? '', /^The system in slot a is damaged since 2/);
  assert.deepEqual(later.failures, []);
});

test('Updater judges no system that runs because the boot loader cannot load the good one, and leaves that one good', async () => {
  for (const more of [{ spare: 'b' }, { tried: 'b' }] as const) {
    const state = { counter: 9, good: 'a', ...more } as const;
    const site = siteWith(state);
    const box = await boot({ ...site, maker, fallback: 'b' });
    box.health = healthWith('fails');
    assert.equal(box.updater.status.onTrial, false);
    assert.match(
      box.updater.status.problem ?? '',
      /^The system in slot a is damaged.*cannot read its kernel/,
    );
    await box.clock.advance(Minutes(60));
    assert.deepEqual(box.restarts, []);
    assert.deepEqual(stateOf(site.devices), state);
  }
});

test('Updater takes the update that mends the other slot, though the box is not well and its configuration is made up for', async () => {
  const site = siteWith({ counter: 9, good: 'b', damaged: 'a' });
  const box = await boot({ ...site, maker, impairment: 'The configuration could not be used' });
  box.health = healthWith('fails');
  await box.updater.install(inChunks(FILE), silent);
  assert.deepEqual(stateOf(site.devices), { counter: 11, good: 'b', trial: 'a' });
  const mended = await boot({ ...site, maker, version: '2.0.0' });
  assert.equal(mended.updater.status.problem, null);
  await mended.clock.advance(Minutes(1));
  assert.deepEqual(stateOf(site.devices), { counter: 13, good: 'a', spare: 'b' });
});

test('Updater starts no damaged system by hand', async () => {
  const box = await boot({ ...siteWith({ counter: 9, good: 'b', damaged: 'a' }), maker });
  await assert.rejects(box.updater.goBack(), /slot a holds no whole one/);
});

test('Updater forgets failed starts when one has not failed, tells of them, and writes nothing otherwise', async () => {
  const site = siteWith({ counter: 9, good: 'a', spare: 'b', failed: 2 });
  const box = await boot({ ...site, maker });
  assert.match(box.failures.join(), /the system in slot a: .*starts that failed: 2/);
  assert.deepEqual(stateOf(site.devices), { counter: 10, good: 'a', spare: 'b' });
  const again = await boot({ ...site, maker });
  assert.deepEqual(again.failures, []);
  assert.deepEqual(stateOf(site.devices), { counter: 10, good: 'a', spare: 'b' });
});

test('Updater says of a trial whose files were damaged that they were', async () => {
  const site = siteWith({ counter: 9, good: 'a', tried: 'b', failed: 1 });
  const box = await boot({ ...site, maker });
  assert.match(box.updater.status.problem ?? '', /was taken back: its files are damaged or cannot be read$/);
  assert.deepEqual(box.failures, []);
  assert.deepEqual(stateOf(site.devices), { counter: 10, good: 'a', tried: 'b' });
});
