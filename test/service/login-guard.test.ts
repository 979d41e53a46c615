import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginGuard } from '../../src/service/login-guard.ts';
import { FakeClock } from '../fake/fake-clock.ts';

test('LoginGuard shuts guessing strangers out, and never the LAN', () => {
  const guard = new LoginGuard({ isLan: (address) => address === '192.168.1.2', clock: new FakeClock() });
  for (const address of ['192.168.1.2', '192.0.2.1']) {
    for (let n = 0; n < 100; n++) guard.failed(address, { username: 'alice', password: `guess ${n}` });
  }
  assert.equal(guard.admits('192.0.2.1'), false);
  assert.equal(guard.admits('192.168.1.2'), true);
  assert.equal(guard.admits('203.0.113.1'), true);
});

test('LoginGuard counts a login that is repeated once', () => {
  const guard = new LoginGuard({ isLan: () => false, clock: new FakeClock() });
  for (let n = 0; n < 100; n++) guard.failed('192.0.2.1', { username: 'alice', password: 'last year’s' });
  assert.equal(guard.admits('192.0.2.1'), true);
  for (let n = 0; n < 100; n++) guard.failed('192.0.2.1', { username: `user${n}`, password: 'the same' });
  assert.equal(guard.admits('192.0.2.1'), false);
});
