import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Milliseconds } from '../../../src/base/duration.ts';
import { after, between, Instant } from '../../../src/base/instant.ts';
import { backOff } from '../../../src/engine/supervise/back-off.ts';
import {
  DEFAULT_POLICY,
  type Effect,
  type Event,
  INITIAL,
  type State,
  stepRole,
} from '../../../src/engine/supervise/supervise.ts';

const policy = DEFAULT_POLICY;
const none = (): number => 0;

/** Feeds events at times given in milliseconds and lists the effects. */
function play(script: readonly (readonly [number, Event['kind']])[]): { state: State; effects: Effect[] } {
  let state = INITIAL;
  const effects: Effect[] = [];
  for (const [now, kind] of script) {
    const result = stepRole(state, { kind }, { now: Instant(now), random: none, policy });
    state = result.state;
    effects.push(...result.effects);
  }
  return { state, effects };
}

test('backOff() doubles from the first delay to the largest', () => {
  const delays = [1, 2, 3, 9, 10, 500].map((failures) => backOff(failures, { random: none, policy }));
  assert.deepEqual(delays, [100, 200, 400, 25_600, 30_000, 30_000]);
});

test('backOff() takes off at most a quarter', () => {
  const most = (limit: number): number => limit - 1;
  assert.equal(backOff(1, { random: most, policy }), 76);
  assert.equal(backOff(20, { random: most, policy }), 22_501);
});

test('stepRole() restarts a role that was killed once after a tenth of a second', () => {
  const { effects } = play([
    [0, 'start'],
    [60_000, 'exited'],
    [60_100, 'wake'],
  ]);
  assert.deepEqual(effects, [{ kind: 'spawn' }, { kind: 'wake', at: Instant(60_100) }, { kind: 'spawn' }]);
});

test('stepRole() waits longer for a role that keeps failing, and anew after a healthy run', () => {
  const { effects } = play([
    [0, 'start'],
    [1, 'exited'],
    [101, 'wake'],
    [102, 'exited'],
    [302, 'wake'],
    [302 + policy.healthyAfter, 'exited'],
  ]);
  const wakes = effects.flatMap((effect) => (effect.kind === 'wake' ? [effect.at] : []));
  assert.deepEqual(wakes, [101, 302, 302 + policy.healthyAfter + 100]);
});

test('stepRole() asks, then sends SIGTERM, then SIGKILL', () => {
  const { effects, state } = play([
    [0, 'start'],
    [10, 'stop'],
    [3010, 'wake'],
    [6010, 'wake'],
    [9010, 'wake'],
    [9011, 'exited'],
  ]);
  assert.deepEqual(effects, [
    { kind: 'spawn' },
    { kind: 'askToStop' },
    { kind: 'wake', at: Instant(3010) },
    { kind: 'signal', signal: 'SIGTERM' },
    { kind: 'wake', at: Instant(6010) },
    { kind: 'signal', signal: 'SIGKILL' },
  ]);
  assert.equal(state.phase, 'stopped');
});

test('stepRole() does not restart a role that ended after it was asked to', () => {
  const { effects } = play([
    [0, 'start'],
    [10, 'stop'],
    [20, 'exited'],
    [3010, 'wake'],
  ]);
  assert.deepEqual(effects, [{ kind: 'spawn' }, { kind: 'askToStop' }, { kind: 'wake', at: Instant(3010) }]);
});

test('stepRole() stopped while waiting does not start again', () => {
  const { effects, state } = play([
    [0, 'start'],
    [1, 'exited'],
    [50, 'stop'],
    [101, 'wake'],
  ]);
  assert.deepEqual(effects, [{ kind: 'spawn' }, { kind: 'wake', at: Instant(101) }]);
  assert.equal(state.phase, 'stopped');
});

test('stepRole() never has two processes of a role and never restarts sooner than three quarters of the first delay', () => {
  const kinds = ['start', 'stop', 'exited', 'wake'] as const;
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      wait: fc.integer({ min: 0, max: 40_000 }),
      random: fc.nat(),
    }),
  );
  fc.assert(
    fc.property(steps, (script) => {
      let state = INITIAL;
      let alive = false;
      let now = Instant(0);
      let ended: Instant | undefined;
      for (const { kind, wait, random } of script) {
        now = after(now, Milliseconds(wait));
        // A process that is not there cannot end.
        if (kind === 'exited' && !alive) continue;
        if (kind === 'exited') [alive, ended] = [false, now];
        if (kind === 'stop') ended = undefined;
        const result = stepRole(state, { kind }, { now, random: (limit) => random % limit, policy });
        state = result.state;
        for (const effect of result.effects) {
          if (effect.kind !== 'spawn') continue;
          assert.ok(!alive, 'spawned while the process before was still there');
          alive = true;
          if (ended !== undefined && kind === 'wake') assert.ok(between(ended, now) >= 75);
        }
        assert.equal(alive, state.phase === 'running' || state.phase === 'stopping');
      }
    }),
  );
});
