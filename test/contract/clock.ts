import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Duration, Milliseconds } from '../../src/base/duration.ts';
import { Instant, after } from '../../src/base/instant.ts';
import type { Clock } from '../../src/port/clock.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Returns when at least this much time has passed on the clock and its wakes have run. */
  readonly pass: (by: Duration) => Promise<void>;
}

/** What every implementation of the clock port does. */
export function clockContract(name: string, make: () => ClockUnderTest): void {
  test(`${name} never runs backwards`, async () => {
    const { clock, pass } = make();
    const before = clock.now();
    await pass(Milliseconds(3));
    assert.ok(clock.now() >= before + 3);
  });

  test(`${name} wakes once, not before the instant asked for`, async () => {
    const { clock, pass } = make();
    const at = after(clock.now(), Milliseconds(5));
    const seen: number[] = [];
    clock.wake(at, () => seen.push(clock.now()));
    await pass(Milliseconds(20));
    assert.equal(seen.length, 1);
    assert.ok((seen[0] ?? 0) >= at);
  });

  test(`${name} wakes for a passed instant soon, never synchronously`, async () => {
    const { clock, pass } = make();
    let count = 0;
    clock.wake(Instant(clock.now() - 1000), () => count++);
    assert.equal(count, 0);
    await pass(Milliseconds(5));
    assert.equal(count, 1);
  });

  test(`${name} wakes in the order of the instants`, async () => {
    const { clock, pass } = make();
    const seen: string[] = [];
    clock.wake(after(clock.now(), Milliseconds(15)), () => seen.push('later'));
    clock.wake(after(clock.now(), Milliseconds(5)), () => seen.push('sooner'));
    await pass(Milliseconds(40));
    assert.deepEqual(seen, ['sooner', 'later']);
  });

  test(`${name} does not wake what was cancelled, also when cancelled twice`, async () => {
    const { clock, pass } = make();
    let count = 0;
    const wake = clock.wake(after(clock.now(), Milliseconds(3)), () => count++);
    wake.cancel();
    wake.cancel();
    await pass(Milliseconds(10));
    assert.equal(count, 0);
  });

  test(`${name} holds a wake that is further away than a 32-bit timer reaches`, async () => {
    const { clock, pass } = make();
    let count = 0;
    const wake = clock.wake(Instant(clock.now() + 2 ** 33), () => count++);
    await pass(Milliseconds(5));
    wake.cancel();
    assert.equal(count, 0);
  });
}
