import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientBlock, networkBlock } from '../../../src/base/address-block.ts';
import { type Duration, Hours, Milliseconds, Minutes, Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { type LoginGuardLimits, LoginGuardState } from '../../../src/engine/login-guard/login-guard.ts';

const LIMITS: LoginGuardLimits = {
  levels: [
    { blockOf: clientBlock, failures: 3 },
    { blockOf: networkBlock, failures: 5 },
  ],
  window: Minutes(10),
  banTime: Hours(1),
  trackedBlocks: 100,
  delay: Seconds(1),
  longestDelay: Seconds(3),
  knownTime: Hours(24),
};
const START = Instant(5000);
const later = (by: Duration): Instant => after(START, by);

function guess(guard: LoginGuardState, address: string, count: number, now = START): void {
  for (let n = 0; n < count; n++) guard.failed(address, `${address} ${n} ${now}`, now);
}

test('LoginGuardState shuts an address out after so many failures, for so long', () => {
  const guard = new LoginGuardState(LIMITS);
  guess(guard, '192.0.2.1', 2);
  assert.equal(guard.admits('192.0.2.1', START), true);
  guess(guard, '192.0.2.1', 3);
  assert.equal(guard.admits('192.0.2.1', START), false);
  assert.equal(guard.admits('192.0.2.2', START), true);
  assert.equal(guard.admits('192.0.2.1', later(Milliseconds(Hours(1) - 1))), false);
  assert.equal(guard.admits('192.0.2.1', later(Hours(1))), true);
});

test('LoginGuardState shuts a /24 and a /48 out when their addresses take turns', () => {
  for (const [addresses, neighbour, stranger] of [
    [[1, 2, 3, 4, 5].map((n) => `192.0.2.${n}`), '192.0.2.200', '192.0.3.1'],
    [[1, 2, 3, 4, 5].map((n) => `2001:db8:7:${n}::1`), '2001:db8:7:ffff::1', '2001:db8:8::1'],
  ] as const) {
    const guard = new LoginGuardState(LIMITS);
    for (const address of addresses) guess(guard, address, 1);
    assert.equal(guard.admits(neighbour, START), false);
    assert.equal(guard.admits(stranger, START), true);
  }
});

test('LoginGuardState takes a /64 of IPv6 for one client', () => {
  const guard = new LoginGuardState(LIMITS);
  for (const n of [1, 2, 3]) guess(guard, `2001:db8:7:1:${n}::1`, 1);
  assert.equal(guard.admits('2001:db8:7:1:ffff::1', START), false);
  assert.equal(guard.admits('2001:db8:7:2::1', START), true);
});

test('LoginGuardState counts the same wrong password once, however often it is tried', () => {
  const guard = new LoginGuardState(LIMITS);
  for (let n = 0; n < 1000; n++) guard.failed('192.0.2.1', 'the old one', START);
  assert.equal(guard.admits('192.0.2.1', START), true);
});

test('LoginGuardState forgets failures after their time, but no ban', () => {
  const guard = new LoginGuardState(LIMITS);
  guess(guard, '192.0.2.1', 2);
  guess(guard, '192.0.2.1', 2, later(Minutes(10)));
  assert.equal(guard.admits('192.0.2.1', later(Minutes(10))), true);
  guess(guard, '192.0.2.1', 3, later(Minutes(11)));
  guess(guard, '192.0.2.1', 1, later(Minutes(30)));
  assert.equal(guard.admits('192.0.2.1', later(Minutes(30))), false);
});

test('LoginGuardState measures an address that has proved to be a user by itself only', () => {
  const guard = new LoginGuardState(LIMITS);
  guard.succeeded('192.0.2.77', START);
  for (const n of [1, 2, 3, 4, 5]) guess(guard, `192.0.2.${n}`, 1);
  assert.equal(guard.admits('192.0.2.78', START), false);
  assert.equal(guard.admits('192.0.2.77', START), true);
  guess(guard, '192.0.2.77', 3);
  assert.equal(guard.admits('192.0.2.77', START), false);
});

test('LoginGuardState holds answers back longer and longer, up to a bound', () => {
  const guard = new LoginGuardState({ ...LIMITS, levels: [{ blockOf: clientBlock, failures: 9 }] });
  const delays = [1, 2, 3, 4].map((n) => guard.failed('192.0.2.1', `${n}`, START));
  assert.deepEqual(delays, [Seconds(1), Seconds(2), Seconds(3), Seconds(3)]);
});

test('LoginGuardState forgets the block that failed longest ago when its table is full', () => {
  const guard = new LoginGuardState({ ...LIMITS, trackedBlocks: 2 });
  guess(guard, '192.0.2.1', 3);
  guess(guard, '198.51.100.1', 1);
  assert.equal(guard.admits('192.0.2.1', START), false);
  guess(guard, '203.0.113.1', 1);
  assert.equal(guard.admits('192.0.2.1', START), true);
});
