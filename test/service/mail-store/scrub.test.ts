import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import { utf8 } from '../../../src/base/text.ts';
import { type JournaledMailStore, openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { PAGE, SMALL, mail } from './post-office.ts';

interface Office {
  readonly store: JournaledMailStore;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  /** How often damage was reported. */
  readonly reports: () => number;
}

async function office(files: MemoryFiles, clock = new FakeClock()): Promise<Office> {
  const log = new MemoryLog();
  let reports = 0;
  const store = await openMailStore({
    files,
    clock,
    random: new FakeRandom(3),
    log,
    limits: SMALL,
    onHealth: () => void (reports += 1),
  });
  return { store, clock, log, reports: () => reports };
}

/** Some sealed segments and a message in a file of its own. */
async function filled(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const { store } = await office(files);
  for (let index = 0; index < 8; index++) {
    await store.deliver({ sender: '', users: ['bob', 'eva'] }, mail(`m${index}:5000`));
  }
  await store.deliver({ sender: '', users: ['bob'] }, mail('big:20000'));
  await store.close();
  return files;
}

function harm(files: MemoryFiles, path: string, offset: number): void {
  files.names.current.get(path)?.current.fill(1, offset, offset + 4);
}

const SEGMENT = 'mail/segment-00000001.log';
const INDEX = 'segment-00000001.idx';

test('scrubDaily() reads everything a day after the last pass, also when the box was started again meanwhile', async () => {
  const files = await filled();
  const first = await office(files);
  first.store.scrubDaily();
  assert.equal(first.store.health().lastScrub, undefined);
  await first.clock.advance(Minutes(30));
  const { lastScrub } = first.store.health();
  assert.ok(lastScrub !== undefined);
  await first.store.close();
  const second = await office(files, first.clock);
  assert.equal(second.store.health().lastScrub, lastScrub);
  second.store.scrubDaily();
  await second.clock.advance(Hours(23));
  assert.equal(second.store.health().lastScrub, lastScrub);
  await second.clock.advance(Hours(2));
  assert.notEqual(second.store.health().lastScrub, lastScrub);
  await second.store.close();
  assert.equal(second.clock.pending, 0);
});

test('a pass goes slowly: no more than 4 MiB are read in a second', async () => {
  const { store, clock } = await office(await filled());
  const pass = store.scrub();
  const octets = 8 * 5000 + 20_000;
  await clock.advance(Seconds(octets / (4 * 1024 * 1024)));
  assert.equal(store.health().lastScrub, undefined);
  await clock.advance(Seconds(1));
  await pass;
  assert.ok(store.health().lastScrub !== undefined);
});

test('health names a message whose own record is lost, as only its delivery is left', async () => {
  const files = await filled();
  files.names.current.get(SEGMENT)?.current.fill(0, PAGE, PAGE + 4);
  // Which would tell of the record as it was.
  if ((await files.list('mail')).includes(INDEX)) await files.remove(`mail/${INDEX}`);
  const { store } = await office(files);
  const { damage, problem } = store.health();
  const lost = damage.find(({ path }) => path === 'mail')?.messages ?? [];
  assert.deepEqual(
    lost.map(({ users, size }) => [users, size]),
    [[['bob', 'eva'], mail('m0:5000').length]],
  );
  assert.match(problem ?? '', /damaged in 1 place: 1 message in it cannot be read/);
  await store.close();
});

test('health does not say that nothing is lost where it is not known what was', async () => {
  const files = await filled();
  const whole = files.names.current.get(SEGMENT)?.current ?? new Uint8Array();
  whole.fill(0xaa, PAGE, whole.length - 2 * PAGE);
  if ((await files.list('mail')).includes(INDEX)) await files.remove(`mail/${INDEX}`);
  const { store } = await office(files);
  assert.match(
    store.health().problem ?? '',
    /damaged in 1 place: messages may be missing of which nothing is known any more, all others are kept/,
  );
  await store.close();
});

test('a pass finds damage that nobody has asked for, tells whose message it is, once, and hides nothing', async () => {
  const files = await filled();
  const { store, clock, log, reports } = await office(files);
  const blob = `mail/blob/${(await files.list('mail/blob'))[0]}`;
  harm(files, SEGMENT, PAGE + 200);
  harm(files, blob, 0);
  for (let round = 0; round < 2; round++) {
    const pass = store.scrub();
    await clock.advance(Seconds(10));
    await pass;
  }
  assert.equal(reports(), 2);
  const { damage, problem } = store.health();
  assert.deepEqual(
    damage.map(({ path, messages }) => [path, messages.map(({ users, size }) => [users, size])]),
    [
      [SEGMENT, [[['bob', 'eva'], mail('m0:5000').length]]],
      [blob, [[['bob'], mail('big:20000').length]]],
    ],
  );
  assert.match(problem ?? '', /damaged in 2 places: 2 messages in it cannot be read/);
  assert.match(log.text, /The mail store is damaged: \d+ bytes of mail\/segment-00000001.log from 4096/);
  const bob = await store.open('bob');
  assert.equal(bob?.messages.length, 9);
  const [m0, m1] = bob.messages.map(({ uid }) => uid);
  await assert.rejects(bob.read(m0 ?? ''), /checksum is wrong/);
  assert.deepEqual(await bob.read(m1 ?? ''), mail('m1:5000'));
  await store.close();
});

test('damage is known again after a restart; that of a file of its own goes with its message', async () => {
  const files = await filled();
  const first = await office(files);
  harm(files, SEGMENT, PAGE + 200);
  harm(files, `mail/blob/${(await files.list('mail/blob'))[0]}`, 0);
  const pass = first.store.scrub();
  await first.clock.advance(Seconds(10));
  await pass;
  await first.store.close();
  const { store } = await office(files);
  assert.equal(store.health().damage.length, 2);
  const bob = await store.open('bob');
  await bob?.remove(bob.messages.map(({ uid }) => uid));
  const { damage } = store.health();
  assert.deepEqual(
    damage.map(({ path, messages }) => [path, messages.length]),
    [[SEGMENT, 1]],
  );
  assert.match(store.health().problem ?? '', /damaged in 1 place: 1 message in it/);
});

test('a record of the last pass that cannot be read is as good as none', async () => {
  const files = await filled();
  for (const content of ['{', '[]', '{"finished":"x","damagedBlobs":[]}', 'null']) {
    await files.replace('mail/scrub.json', utf8(content));
    const { store } = await office(files);
    assert.equal(store.health().lastScrub, undefined, content);
    await store.close();
  }
});

test('close() ends a pass that is under way', async () => {
  const { store, clock } = await office(await filled());
  store.scrubDaily();
  await clock.advance(Minutes(10));
  await store.close();
  await clock.advance(Days(2));
  assert.equal(store.health().lastScrub, undefined);
});
