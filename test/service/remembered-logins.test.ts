import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours } from '../../src/base/duration.ts';
import { Instant, after } from '../../src/base/instant.ts';
import { RememberedLogins } from '../../src/service/remembered-logins.ts';

function make(): { logins: RememberedLogins; checks: string[]; clock: { time: Instant } } {
  const checks: string[] = [];
  const clock = { time: Instant(0) };
  const logins = new RememberedLogins({
    verify: async (login, password) => {
      checks.push(`${login}:${password}`);
      return password === 'right' ? 'alice' : undefined;
    },
    clock: { now: () => clock.time },
  });
  return { logins, checks, clock };
}

test('RememberedLogins checks a login that fitted once in an hour', async () => {
  const { logins, checks, clock } = make();
  for (let n = 0; n < 3; n++) assert.equal(await logins.verify('alice@office.example', 'right'), 'alice');
  assert.equal(checks.length, 1);
  clock.time = after(clock.time, Hours(1));
  await logins.verify('alice@office.example', 'right');
  assert.equal(checks.length, 2);
});

test('RememberedLogins checks what did not fit each time, also after the right one', async () => {
  const { logins, checks } = make();
  await logins.verify('alice', 'right');
  for (const password of ['wrong', 'wrong', 'right ', '']) {
    assert.equal(await logins.verify('alice', password), undefined);
  }
  assert.equal(checks.length, 5);
});

test('RememberedLogins does not take the password of one login for another', async () => {
  const { logins, checks } = make();
  await logins.verify('a', 'right');
  await logins.verify('a","right', '');
  await logins.verify('b', 'right');
  assert.deepEqual(checks, ['a:right', 'a","right:', 'b:right']);
});

test('RememberedLogins remembers a bounded number of logins', async () => {
  const { logins, checks } = make();
  for (let n = 0; n < 300; n++) await logins.verify(`user${n}`, 'right');
  await logins.verify('user299', 'right');
  assert.equal(checks.length, 300);
  await logins.verify('user0', 'right');
  assert.equal(checks.length, 301);
});

test('RememberedLogins passes on that a login cannot be checked now, and remembers nothing of it', async () => {
  let error: Error | undefined = new Error('too many at once');
  const logins = new RememberedLogins({
    verify: async () => {
      if (error !== undefined) throw error;
      return 'alice';
    },
    clock: { now: () => Instant(0) },
  });
  await assert.rejects(logins.verify('alice', 'right'), error);
  error = undefined;
  assert.equal(await logins.verify('alice', 'right'), 'alice');
});
