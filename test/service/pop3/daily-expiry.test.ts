import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours } from '../../../src/base/duration.ts';
import { after } from '../../../src/base/instant.ts';
import { Retention } from '../../../src/service/pop3/retention.ts';
import { DailyExpiry } from '../../../src/service/pop3/daily-expiry.ts';
import { SteadyTime } from '../../../src/service/pop3/steady-time.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { mail, openStore } from '../mail-store/post-office.ts';

const written = ({ names }: MemoryFiles): number =>
  [...names.current.values()].reduce((sum, { current }) => sum + current.length, 0);

/** A store with three messages of bob and one of eva, bob having read the first two. */
async function startOffice() {
  const [files, clock, log] = [new MemoryFiles(), new FakeClock(), new MemoryLog()];
  const store = await openStore(files);
  for (const name of ['a:500', 'b:500', 'c:500'])
    await store.deliver({ sender: '', users: ['bob'] }, mail(name));
  await store.deliver({ sender: '', users: ['eva'] }, mail('d:500'));
  let isKnown = true;
  const steady = new SteadyTime({ clock, dates: () => store.firstReads.dates() });
  const retention = new Retention(
    {
      firstReads: store.firstReads,
      now: () => (isKnown ? clock.wallTime() : undefined),
      steady,
    },
    log,
  );
  retention.rules = { keep: 2, users: new Map() };
  const bob = await store.open('bob');
  await retention.read('bob', bob?.messages.slice(0, 2) ?? []);
  bob?.close();
  const expiry = new DailyExpiry({ store, retention, clock, log });
  const left = (): number | undefined => store.summaries().find(({ user }) => user === 'bob')?.messages;
  const knowTime = (known: boolean): void => void (isKnown = known);
  return { files, clock, log, store, retention, expiry, left, knowTime };
}

test('DailyExpiry removes what has expired of people who do not log in, with one record', async () => {
  const { clock, expiry, left, log, store } = await startOffice();
  expiry.start();
  await clock.advance(Days(1));
  assert.equal(left(), 3);
  await clock.advance(Days(1));
  assert.equal(left(), 1);
  assert.match(log.text, /Removed 2 messages of bob: read 2 days ago/);
  assert.equal(store.summaries().find(({ user }) => user === 'eva')?.messages, 1);
  await expiry.stop();
});

test('DailyExpiry writes nothing when nothing expires, and leaves a mailbox in use alone', async () => {
  const { clock, expiry, left, files, store } = await startOffice();
  const before = written(files);
  const bob = await store.open('bob');
  expiry.start();
  await clock.advance(Days(5));
  assert.equal(left(), 3);
  bob?.close();
  assert.equal(written(files), before);
  await expiry.stop();
});

test('DailyExpiry waits for the time to be known, then goes by it within the hour', async () => {
  const { clock, expiry, left, knowTime } = await startOffice();
  knowTime(false);
  expiry.start();
  await clock.advance(Days(3));
  assert.equal(left(), 3);
  knowTime(true);
  await clock.advance(Hours(1));
  assert.equal(left(), 1);
  await expiry.stop();
});

test('DailyExpiry removes nothing before its time while the clock runs ten years ahead', async () => {
  const { clock, expiry, left } = await startOffice();
  expiry.start();
  await clock.advance(Hours(1));
  const right = clock.wallTime();
  clock.setWallTime(after(right, Days(3650)));
  await clock.advance(Hours(46));
  assert.equal(left(), 3);
  clock.setWallTime(after(right, Hours(46)));
  await clock.advance(Days(1));
  assert.equal(left(), 1);
  await expiry.stop();
});
