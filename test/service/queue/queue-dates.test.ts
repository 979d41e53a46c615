import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import type { EntryTimes, QueueSummary } from '../../../src/port/mail-queue.ts';
import { QueueDates } from '../../../src/service/queue/queue-dates.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

const TODAY = Timestamp(Date.UTC(2026, 10, 23));

test('QueueDates moves each entry of a long queue once, also when the disk refuses some of them at first', async () => {
  const clock = new FakeClock();
  clock.setWallTime(TODAY);
  const times = new Map<number, EntryTimes>();
  for (let id = 1; id <= 1200; id++) times.set(id, { accepted: after(TODAY, Hours(-9)), nextAttempt: TODAY });
  let [calls, most] = [0, 0];
  const store = {
    entries: () => Array.from(times, ([id, one]) => ({ id, ...one }) as QueueSummary),
    redate: async (some: ReadonlyMap<number, EntryTimes>) => {
      calls += 1;
      most = Math.max(most, some.size);
      if (calls === 2) throw new Error('too much is waiting');
      for (const [id, one] of some) times.set(id, one);
    },
  };
  const dates = new QueueDates({ store, clock, log: new MemoryLog() });
  await dates.putRight();
  clock.setWallTime(after(TODAY, Days(30_000)));
  await assert.rejects(dates.putRight(), /too much/);
  await dates.putRight();
  const moved = { accepted: after(clock.wallTime(), Hours(-9)), nextAttempt: clock.wallTime() };
  assert.ok([...times.values()].every(({ accepted }) => accepted === moved.accepted));
  assert.deepEqual(times.get(1200), moved);
  assert.ok(most <= 500, `${most} at once`);
});
