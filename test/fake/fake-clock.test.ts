import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../src/base/duration.ts';
import { Timestamp, after } from '../../src/base/instant.ts';
import { FakeClock } from './fake-clock.ts';

test('FakeClock.advance() fires a wake made by another wake on the way, each at its own time', async () => {
  const clock = new FakeClock();
  const start = clock.now();
  const seen: number[] = [];
  clock.wake(after(start, Milliseconds(10)), () => {
    seen.push(clock.now() - start);
    clock.wake(after(clock.now(), Milliseconds(10)), () => seen.push(clock.now() - start));
  });
  await clock.advance(Milliseconds(50));
  assert.deepEqual(seen, [10, 20]);
  assert.equal(clock.now() - start, 50);
  assert.equal(clock.pending, 0);
});

test('FakeClock.advance() lets promises settle between two wakes', async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.wake(after(clock.now(), Milliseconds(1)), () => {
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => seen.push('after the first'));
  });
  clock.wake(after(clock.now(), Milliseconds(2)), () => seen.push('second'));
  await clock.advance(Milliseconds(2));
  assert.deepEqual(seen, ['after the first', 'second']);
});

test('FakeClock.setWallTime() moves civil time only, and time goes on from there', async () => {
  const clock = new FakeClock();
  const before = clock.now();
  clock.setWallTime(Timestamp(0));
  await clock.advance(Seconds(1));
  assert.equal(clock.now() - before, 1000);
  assert.equal(clock.wallTime(), 1000);
});
