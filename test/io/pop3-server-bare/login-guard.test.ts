import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POP3_LIMITS } from '../../../src/io/pop3-server-bare/limits.ts';
import { LoginGuard } from '../../../src/io/pop3-server-bare/login-guard.ts';

const limits = { ...DEFAULT_POP3_LIMITS, failedLoginsPerBlock: 5, trackedBlocks: 3 };

function guessing(guard: LoginGuard, address: string, count: number): number[] {
  return Array.from({ length: count }, (_, n) => guard.failed(address, login(`guess ${n}`)));
}

const login = (password: string) => ({ method: 'USER', username: 'alice', password }) as const;

function make(): { guard: LoginGuard; clock: { time: number } } {
  const clock = { time: 0 };
  const isTrusted = (address: string): boolean => address.startsWith('192.168.');
  return { guard: new LoginGuard({ limits, isTrusted, now: () => clock.time }), clock };
}

test('LoginGuard holds answers back longer and longer, to a bound, and then bans the block of addresses', () => {
  const { guard, clock } = make();
  assert.deepEqual(guessing(guard, '203.0.113.7', 4), [2000, 4000, 8000, 15_000]);
  assert.ok(guard.admits('203.0.113.7'));
  guessing(guard, '203.0.113.99', 5);
  assert.deepEqual(
    ['203.0.113.7', '203.0.113.200', '203.0.114.7'].map((address) => guard.admits(address)),
    [false, false, true],
  );
  clock.time = limits.loginBanTime - 1;
  assert.ok(!guard.admits('203.0.113.7'));
  clock.time = limits.loginBanTime;
  assert.ok(guard.admits('203.0.113.7'));
});

test('LoginGuard counts the same wrong password once: a telephone with an old one is no attack', () => {
  const { guard } = make();
  for (let n = 0; n < 100; n++) assert.equal(guard.failed('203.0.113.7', login('old')), 2000);
  assert.ok(guard.admits('203.0.113.7'));
});

test('LoginGuard never bans the owner network, however much goes wrong there', () => {
  const { guard } = make();
  assert.deepEqual(new Set(guessing(guard, '192.168.77.20', 50)), new Set([2000]));
  assert.ok(guard.admits('192.168.77.20'));
});

test('LoginGuard lets an address in that has logged in before, whatever its neighbours do', () => {
  const { guard } = make();
  guard.succeeded('203.0.113.7');
  guessing(guard, '203.0.113.99', 5);
  assert.ok(guard.admits('203.0.113.7'));
  guessing(guard, '203.0.113.7', 5);
  assert.ok(!guard.admits('203.0.113.7'));
});

test('LoginGuard takes an IPv6 /56 for one attacker', () => {
  const { guard } = make();
  guessing(guard, '2001:db8:0:1200::1', 2);
  guessing(guard, '2001:db8::12ff:0:0:0:9', 5);
  assert.ok(!guard.admits('2001:db8:0:1234::5'));
  assert.ok(guard.admits('2001:db8:0:1300::5'));
});

test('LoginGuard forgets failures that are older than a ban lasts', () => {
  const { guard, clock } = make();
  guessing(guard, '203.0.113.7', 4);
  clock.time = limits.loginBanTime;
  assert.equal(guard.failed('203.0.113.7', login('x')), 2000);
});

test('LoginGuard remembers a bounded number of blocks, those that failed last', () => {
  const { guard } = make();
  guessing(guard, '203.0.113.7', 5);
  for (const address of ['198.51.100.1', '198.51.101.1']) guard.failed(address, login('x'));
  assert.ok(!guard.admits('203.0.113.7'));
  guard.failed('198.51.102.1', login('x'));
  assert.ok(guard.admits('203.0.113.7'));
});
