import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import type { UpdateManifest } from '../../../src/wire/update/manifest.ts';
import type { HealthReport } from '../../../src/port/health-report.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import type { MemoryDevices } from '../../fake/memory-devices.ts';
import {
  type UpdateBox,
  CARD,
  SLOT_OCTETS,
  boot,
  healthWith,
  newDevices,
  stateOf,
  systemOf,
} from './update-box.ts';
import { inChunks, newMaker, updateFile } from './update-file.ts';

const maker = newMaker();
const SYSTEM = systemOf(2);
const FILE = updateFile(maker, SYSTEM);
const silent = (): void => undefined;

interface Site {
  readonly devices: MemoryDevices;
  readonly files: MemoryFiles;
  start(version?: string): Promise<UpdateBox>;
}

function newSite(): Site {
  const [devices, files] = [newDevices(), new MemoryFiles()];
  return { devices, files, start: (version = '1.0.0') => boot({ devices, files, maker, version }) };
}

function slotHolds(devices: MemoryDevices, slot: string, system: Uint8Array): boolean {
  return Buffer.from(devices.content(slot).subarray(0, system.length)).equals(system);
}

test('Updater writes the other slot, verifies it, and has it tried at the next start', async () => {
  const site = newSite();
  const box = await site.start();
  const stages: string[] = [];
  const { version } = await box.updater.install(inChunks(FILE), ({ stage, done }) =>
    stages.push(`${stage} ${done}`),
  );
  assert.equal(version, '2.0.0');
  assert.ok(slotHolds(site.devices, 'b', SYSTEM));
  assert.ok(slotHolds(site.devices, 'a', systemOf(1)));
  assert.deepEqual(stateOf(site.devices), { counter: 3, good: 'a', trial: 'b' });
  assert.deepEqual(stages.at(0), 'writing 65536');
  assert.deepEqual(stages.at(-1), `verifying ${SYSTEM.length}`);
});

test('Updater keeps a new system in which all works as before, and can go back to the old one', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  const second = await site.start('2.0.0');
  assert.equal(second.updater.status.onTrial, true);
  await second.clock.advance(Minutes(1));
  assert.equal(second.updater.status.onTrial, false);
  assert.deepEqual(stateOf(site.devices), { counter: 5, good: 'b', spare: 'a' });
  assert.deepEqual(second.restarts, []);
  const third = await site.start('2.0.0');
  assert.deepEqual(
    { ...third.updater.status, problem: null },
    { board: 'test-board', version: '2.0.0', slot: 'b', onTrial: false, problem: null },
  );
  await third.updater.goBack();
  const fourth = await site.start('1.0.0');
  assert.deepEqual([fourth.updater.status.slot, fourth.updater.status.onTrial], ['a', true]);
});

test('Updater.stop() ends the judging of a new system, also while a look is under way', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  const second = await site.start('2.0.0');
  const report = Promise.withResolvers<HealthReport>();
  second.findHealth = () => report.promise;
  await second.clock.advance(Seconds(5));
  second.updater.stop();
  report.resolve(healthWith('fails'));
  await second.clock.advance(Minutes(11));
  assert.deepEqual([second.restarts, second.clock.pending], [[], 0]);
});

test('Updater goes back by hand again after a try that did not hold, as the other system is whole', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  await (await site.start('2.0.0')).clock.advance(Minutes(1));
  await (await site.start('2.0.0')).updater.goBack();
  await site.start('1.0.0');
  const back = await site.start('2.0.0');
  assert.match(back.updater.status.problem ?? '', /^The update to the other system was taken back/);
  const state = stateOf(site.devices);
  assert.deepEqual([state?.good, state?.spare, state?.tried], ['b', 'a', 'a']);
  await back.updater.goBack();
  const again = await site.start('1.0.0');
  assert.deepEqual([again.updater.status.slot, again.updater.status.onTrial], ['a', true]);
});

test('Updater goes back to the old system when something does not work, and says what', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  const second = await site.start('2.0.0');
  second.health = healthWith('fails');
  await second.clock.advance(Minutes(11));
  assert.deepEqual(second.restarts, ['2.0.0 does not work as the system before did: lan: dns: port taken']);
  const third = await site.start();
  assert.equal(third.updater.status.slot, 'a');
  assert.equal(third.updater.status.problem, 'The update to 2.0.0 was taken back: lan: dns: port taken');
});

test('Updater tells of a new system that did not even come up', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  await site.start('2.0.0');
  const third = await site.start();
  assert.equal(third.updater.status.slot, 'a');
  assert.match(
    third.updater.status.problem ?? '',
    /^The update to 2\.0\.0 was taken back: it did not come up/,
  );
  await third.updater.install(inChunks(FILE), silent);
  assert.equal(third.updater.status.problem, null, 'the next update has a chance of its own');
});

test('Updater goes back from a system that falls again and again before it has been well for long enough', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  await site.start('2.0.0');
  const early = await boot({ ...site, maker, version: '2.0.0', startedBefore: Minutes(9) });
  assert.deepEqual(early.restarts, []);
  early.health = healthWith('fails');
  await early.clock.advance(Minutes(2));
  assert.equal(early.restarts.length, 1, 'the trial is as old as the box, not as its last process');
  const late = await boot({ ...site, maker, version: '2.0.0', startedBefore: Minutes(10) });
  assert.match(late.restarts.join(), /fallen again and again/);
  assert.match((await site.start()).updater.status.problem ?? '', /fallen again and again/);
});

test('Updater goes back from a system that cannot use the data or the configuration, though all else is well', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  const second = await boot({ ...site, maker, impairment: 'The data of the box cannot be used' });
  await second.clock.advance(Minutes(11));
  assert.match(second.restarts.join(), /The data of the box cannot be used/);
  assert.equal(stateOf(site.devices)?.good, 'a');
});

test('Updater gives up on a sender who sends nothing more for a minute, and lets others update', async () => {
  const site = newSite();
  const box = await site.start();
  async function* silentAfter(length: number): AsyncGenerator<Uint8Array> {
    yield FILE.subarray(0, length);
    await new Promise(() => undefined);
  }
  for (const length of [0, 40, FILE.length - 40]) {
    const refused = assert.rejects(
      box.updater.install(silentAfter(length), silent),
      /nothing more of the file has come for a minute/,
    );
    await box.clock.advance(Minutes(1));
    await refused;
  }
  await box.updater.install(inChunks(FILE), silent);
});

test('Updater refuses a frame that asks for a window of more than 8 MiB, though its hashes are signed (RFC 8878 section 3.1.1.1.2)', async () => {
  for (const [windowLog, isTaken] of [
    [23, true],
    [24, false],
    [27, false],
  ] as const) {
    const site = newSite();
    const box = await site.start();
    const file = updateFile(maker, SYSTEM, {}, rawFrame(SYSTEM, windowLog));
    const installed = box.updater.install(inChunks(file), silent);
    if (isTaken) await installed;
    else await assert.rejects(installed, /cannot be decompressed/);
  }
});

/** A Zstandard frame of uncompressed blocks, with the window descriptor of section 3.1.1.1.2 and no size. */
function rawFrame(content: Uint8Array, windowLog: number): Buffer {
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])];
  for (let at = 0; at < content.length; at += 65_536) {
    const block = content.subarray(at, at + 65_536);
    const isLast = at + block.length === content.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(head, Buffer.from(block));
  }
  return Buffer.concat(parts);
}

test('Updater goes back from a system whose state cannot be found out', async () => {
  const site = newSite();
  await (await site.start()).updater.install(inChunks(FILE), silent);
  const second = await site.start('2.0.0');
  second.findHealth = () => new Promise(() => undefined);
  await second.clock.advance(Minutes(11));
  assert.match(second.restarts.join(), /does not say how it is/);
});

const other = newMaker();
const flipped = (at: number): Buffer => {
  const bytes = Buffer.from(FILE);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
};
const made = (fields: Partial<UpdateManifest>, system = SYSTEM): Buffer => updateFile(maker, system, fields);
const REFUSED: readonly (readonly [name: string, file: Buffer, sentence: RegExp])[] = [
  ['signed by somebody else', updateFile(other, SYSTEM), /not signed by a key that this box trusts/],
  ['whose manifest was changed', flipped(100), /not signed/],
  ['whose signature was changed', flipped(20), /not signed/],
  ['that is something else', Buffer.alloc(1000, 7), /no update for this box/],
  ['that is empty', Buffer.alloc(0), /ends too early/],
  ['cut in its head', FILE.subarray(0, 50), /ends too early/],
  ['cut in its content', FILE.subarray(0, FILE.length - 20), /damaged|ends too early/],
  ['whose content was changed', flipped(FILE.length - 30), /damaged/],
  ['with something behind its end', Buffer.concat([FILE, FILE.subarray(-500)]), /longer than it says/],
  ['for another board', made({ board: 'rpi' }), /for the board rpi, and this is a test-board/],
  ['of a system that is larger than the slot', made({}, systemOf(3, SLOT_OCTETS + 512)), /there is room for/],
];

test('Updater refuses a bad file and leaves the running system startable', async () => {
  for (const [name, file, sentence] of REFUSED) {
    const site = newSite();
    const box = await site.start();
    await assert.rejects(
      box.updater.install(inChunks(file), silent),
      { name: 'UserError', message: sentence },
      name,
    );
    const state = stateOf(site.devices);
    assert.deepEqual([state?.good, state?.trial], ['a', undefined], name);
    assert.ok(slotHolds(site.devices, 'a', systemOf(1)), name);
    await assert.rejects(box.updater.goBack(), /holds no whole one/, name);
  }
});

test('Updater refuses a system that cannot read the configuration in force, and a box that is not well', async () => {
  const site = newSite();
  const before = stateOf(site.devices);
  const ahead = await boot({ ...site, maker, configVersion: 2 });
  await assert.rejects(
    ahead.updater.install(inChunks(FILE), silent),
    /understands configurations up to version 1, and this box has one of version 2/,
  );
  const impaired = await boot({ ...site, maker, impairment: 'The data of the box cannot be used' });
  await assert.rejects(
    impaired.updater.install(inChunks(FILE), silent),
    /not well now \(The data of the box/,
  );
  const ill = await site.start();
  ill.health = healthWith('fails');
  await assert.rejects(ill.updater.install(inChunks(FILE), silent), /not well now \(lan dns: port taken\)/);
  assert.deepEqual(stateOf(site.devices), before, 'nothing was written for a refusal');
});

test('Updater refuses an update while the running system is on trial, and a second one at a time', async () => {
  const site = newSite();
  const first = await site.start();
  const running = first.updater.install(inChunks(FILE), silent);
  await assert.rejects(first.updater.install(inChunks(FILE), silent), /another update is being written/);
  await running;
  const second = await site.start('2.0.0');
  await assert.rejects(second.updater.install(inChunks(FILE), silent), /still on trial/);
});

test('Updater finds out that the card does not keep what is written', async () => {
  const site = newSite();
  const box = await site.start();
  site.devices.restart(() => true, { worn: { path: 'b', from: 70_000, to: 70_512 } });
  await assert.rejects(
    box.updater.install(inChunks(FILE), silent),
    /does not keep what is written at octet 65536/,
  );
  assert.deepEqual([stateOf(site.devices)?.good, stateOf(site.devices)?.trial], ['a', undefined]);
});

test('Updater says so when both copies of the slot state are damaged; the next update mends them', async () => {
  const site = newSite();
  const box = await site.start();
  site.devices.put(CARD, 512, new Uint8Array(1024).fill(9));
  await box.updater.start();
  assert.match(box.updater.status.problem ?? '', /both copies are damaged/);
  await box.updater.install(inChunks(FILE), silent);
  assert.deepEqual([stateOf(site.devices)?.good, stateOf(site.devices)?.trial], ['a', 'b']);
});

test('Updater leaves a bootable card behind when the power goes at any step of an update', async () => {
  const steps = await stepsOfAnUpdate();
  assert.ok(steps > 8);
  for (let cutAt = 1; cutAt <= steps; cutAt++) {
    for (const isKept of [() => true, () => false, everySecond()]) {
      const site = newSite();
      const box = await site.start();
      site.devices.restart(() => true, { cutAt });
      await assert.rejects(box.updater.install(inChunks(FILE), silent));
      site.devices.restart(isKept);
      const next = await site.start();
      const wanted = next.updater.status.slot === 'a' ? systemOf(1) : SYSTEM;
      assert.ok(slotHolds(site.devices, next.updater.status.slot, wanted), `cut at step ${cutAt}`);
      const again = await site.start();
      assert.equal(again.updater.status.slot, 'a', 'what was not confirmed is not started twice');
    }
  }
});

async function stepsOfAnUpdate(): Promise<number> {
  const site = newSite();
  const box = await site.start();
  await box.updater.install(inChunks(FILE), silent);
  return site.devices.steps;
}

function everySecond(): () => boolean {
  let count = 0;
  return () => count++ % 2 === 0;
}
