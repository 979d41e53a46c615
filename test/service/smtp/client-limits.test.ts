import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { ClientLimits } from '../../../src/service/smtp/client-limits.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

const ALLOWANCE = { connections: 2, messagesPerMinute: 3, errorsPerMinute: 1 };

function make(trackedClients = 100) {
  const clock = new FakeClock();
  return { clock, limits: new ClientLimits({ allowanceOf: () => ALLOWANCE, trackedClients, clock }) };
}

test('ClientLimits allows so many connections of an address at a time', () => {
  const { limits } = make();
  assert.deepEqual(
    [1, 2, 3].map(() => limits.connect('192.0.2.1')),
    [true, true, false],
  );
  assert.equal(limits.connect('192.0.2.2'), true);
  limits.disconnect('192.0.2.1');
  assert.equal(limits.connect('192.0.2.1'), true);
});

test('ClientLimits takes a /64 of IPv6 for one client', () => {
  const { limits } = make();
  assert.equal(limits.connect('2001:db8::1'), true);
  assert.equal(limits.connect('2001:db8:0:0:ffff::2'), true);
  assert.equal(limits.connect('2001:db8::3'), false);
  assert.equal(limits.connect('2001:db8:0:1::1'), true);
});

test('ClientLimits counts messages by the minute', async () => {
  const { limits, clock } = make();
  const four = (): boolean[] => [1, 2, 3, 4].map(() => limits.takeMessage('192.0.2.1'));
  assert.deepEqual(four(), [true, true, true, false]);
  await clock.advance(Seconds(59));
  assert.equal(limits.takeMessage('192.0.2.1'), false);
  await clock.advance(Seconds(1));
  assert.deepEqual(four(), [true, true, true, false]);
});

test('ClientLimits refuses connections of an address with too many errors until the minute is over', async () => {
  const { limits, clock } = make();
  limits.countError('192.0.2.1');
  assert.equal(limits.hasTooManyErrors('192.0.2.1'), false);
  limits.countError('192.0.2.1');
  assert.equal(limits.connect('192.0.2.1'), false);
  await clock.advance(Minutes(1));
  assert.equal(limits.connect('192.0.2.1'), true);
});

test('ClientLimits forgets the client unheard of for longest when its table is full', () => {
  const { limits } = make(2);
  for (const count of [1, 2, 3]) assert.ok(count > 0 && limits.takeMessage('192.0.2.1'));
  limits.takeMessage('192.0.2.2');
  limits.takeMessage('192.0.2.3');
  assert.equal(limits.takeMessage('192.0.2.1'), true);
});

test('ClientLimits takes a surplus disconnect without harm', () => {
  const { limits } = make();
  limits.disconnect('192.0.2.1');
  assert.deepEqual(
    [1, 2, 3].map(() => limits.connect('192.0.2.1')),
    [true, true, false],
  );
});
