import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Minutes, Seconds } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../../src/base/instant.ts';
import { StsCache, type StsEnv } from '../../../src/engine/mail-queue/sts-cache.ts';

const START = Instant(1000);
const TODAY = Timestamp(Date.UTC(2026, 10, 23));
const NEVER_SET = Timestamp(20_000);
const FAR_AHEAD = Timestamp(Date.UTC(2106, 1, 7));
const policy = { mode: 'enforce', mx: ['mx.a.example'], maxAge: Days(10) / Seconds(1) } as const;
const NAME = 'a.example';

/** A moment so many days after the start, by a clock that says another time. */
function at(days: number, time: Timestamp): StsEnv {
  return { now: after(START, Days(days)), time };
}
const holds = (cache: StsCache, env: StsEnv): boolean => cache.policyOf(NAME, env) !== undefined;

function fetched(env: StsEnv): StsCache {
  const cache = new StsCache([], env);
  cache.fetched(NAME, { id: '1', policy }, env);
  return cache;
}

test('StsCache holds a policy for its age, whatever the clock says meanwhile', () => {
  for (const time of [NEVER_SET, TODAY, FAR_AHEAD])
    for (const other of [NEVER_SET, TODAY, FAR_AHEAD]) {
      const cache = fetched(at(0, time));
      assert.ok(holds(cache, at(9.9, other)));
      assert.ok(!holds(cache, at(10, other)));
      assert.ok(cache.wantsFetch(NAME, '1', at(10, other)));
    }
});

test('StsCache asks again 5 minutes after a failure, though the clock was put back meanwhile', () => {
  const cache = new StsCache([], at(0, TODAY));
  cache.fetchFailed(NAME, at(0, TODAY));
  assert.ok(!cache.wantsFetch(NAME, '1', at(0, FAR_AHEAD)));
  assert.ok(cache.wantsFetch(NAME, '1', { now: after(START, Minutes(5)), time: NEVER_SET }));
});

test('StsCache over a restart by a clock that is right counts what is left', () => {
  const stored = fetched(at(0, TODAY)).all(at(4, after(TODAY, Days(4))));
  const cache = new StsCache(stored, at(0, after(TODAY, Days(7))));
  assert.ok(!cache.isOutdated);
  assert.ok(holds(cache, at(2.9, TODAY)));
  assert.ok(!holds(cache, at(3, TODAY)));
});

test('StsCache over a restart with a clock that is not set counts what is left from when it is', () => {
  const stored = fetched(at(0, TODAY)).all(at(0, TODAY));
  const cache = new StsCache(stored, at(0, NEVER_SET));
  assert.ok(holds(cache, at(1, NEVER_SET)));
  assert.deepEqual(cache.all(at(1, NEVER_SET)), stored);
  assert.ok(holds(cache, at(1, after(TODAY, Days(9)))));
  assert.ok(!holds(cache, at(2, after(TODAY, Days(10)))));
});

test('StsCache lets a policy that a wrong clock has dated hold for its age once more, and wants that written down', () => {
  for (const wrong of [NEVER_SET, FAR_AHEAD]) {
    const stored = fetched(at(0, wrong)).all(at(0, wrong));
    const cache = new StsCache(stored, at(0, TODAY));
    assert.ok(cache.isOutdated);
    assert.ok(holds(cache, at(9.9, TODAY)));
    assert.ok(!holds(cache, at(10, TODAY)));
    const [again] = cache.all(at(4, after(TODAY, Days(4))));
    assert.equal(again?.expires, after(TODAY, Days(10)));
    assert.ok(!cache.isOutdated);
  }
});
