import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { GIVE_UP_AFTER, SETTLED_AFTER, type Trial, stepTrial } from '../../../src/engine/update/trial.ts';

const BEGUN = Instant(1000);
const STEP = Seconds(5);

/** Looks every five seconds; `missing` says what is missing at that moment. */
function run(missing: (elapsed: number) => string | undefined): {
  readonly kind: string;
  readonly elapsed: number;
} {
  let trial: Trial = { begun: BEGUN };
  for (let elapsed = 0; elapsed <= GIVE_UP_AFTER * 2; elapsed += STEP) {
    const step = stepTrial(trial, missing(elapsed), Instant(BEGUN + elapsed));
    if (step.verdict.kind !== 'wait') return { kind: step.verdict.kind, elapsed };
    trial = step.trial;
  }
  return { kind: 'wait', elapsed: Infinity };
}

test('stepTrial() keeps a system in which all has been well for half a minute', () => {
  assert.deepEqual(
    run(() => undefined),
    { kind: 'keep', elapsed: SETTLED_AFTER },
  );
});

test('stepTrial() begins to count anew after anything was missing', () => {
  const late = Seconds(20);
  assert.deepEqual(
    run((elapsed) => (elapsed === late ? 'dns' : undefined)),
    {
      kind: 'keep',
      elapsed: late + STEP + SETTLED_AFTER,
    },
  );
});

test('stepTrial() goes back after ten minutes with the reason of that moment', () => {
  assert.deepEqual(
    run(() => 'dns: no answer'),
    { kind: 'go-back', elapsed: GIVE_UP_AFTER },
  );
  const { verdict } = stepTrial({ begun: BEGUN }, 'dns: no answer', after(BEGUN, GIVE_UP_AFTER));
  assert.deepEqual(verdict, { kind: 'go-back', reason: 'dns: no answer' });
});

test('stepTrial() does not go back while all is well, however late that came', () => {
  const last = GIVE_UP_AFTER - STEP;
  assert.deepEqual(
    run((elapsed) => (elapsed < last ? 'wan' : undefined)),
    { kind: 'keep', elapsed: last + SETTLED_AFTER },
  );
});
