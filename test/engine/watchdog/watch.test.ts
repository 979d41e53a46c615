import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { Instant } from '../../../src/base/instant.ts';
import { NOTHING_SEEN, STARVE_AFTER, type Watch, stepWatch } from '../../../src/engine/watchdog/watch.ts';

const EVERY = Seconds(4);

/** When the watchdog starves, and for which check, if `findings` says of each elapsed time what is wrong. */
function starvedAt(
  findings: (elapsed: number) => Readonly<Record<string, string | undefined>>,
  futile: readonly string[] = [],
): string {
  let watch: Watch = NOTHING_SEEN;
  for (let elapsed = 0; elapsed < STARVE_AFTER * 10; elapsed += EVERY) {
    const step = stepWatch(watch, new Map(Object.entries(findings(elapsed))), {
      now: Instant(elapsed),
      futile: new Set(futile),
    });
    if (step.verdict.kind === 'starve') return `${step.verdict.check} (${step.verdict.reason}) at ${elapsed}`;
    watch = step.watch;
  }
  return 'never';
}

test('stepWatch() feeds while all is well, and while what fails comes back within a minute', () => {
  assert.equal(
    starvedAt(() => ({ names: undefined })),
    'never',
  );
  assert.equal(
    starvedAt((elapsed) => ({ names: elapsed % STARVE_AFTER === 0 ? undefined : 'no answer' })),
    'never',
  );
});

test('stepWatch() starves the watchdog after a minute without what has worked', () => {
  const broken = starvedAt((elapsed) => ({
    kernel: undefined,
    names: elapsed < 8000 ? undefined : 'no answer',
  }));
  assert.equal(broken, `names (no answer) at ${8000 + STARVE_AFTER}`);
});

test('stepWatch() does not restart the board for what has never worked since the start', () => {
  assert.equal(
    starvedAt(() => ({ names: 'port taken' })),
    'never',
  );
});

test('stepWatch() gives up a check that restarts have not mended', () => {
  const broken = (elapsed: number): Record<string, string | undefined> => ({
    names: elapsed === 0 ? undefined : 'no answer',
  });
  assert.equal(starvedAt(broken, ['names']), 'never');
});
