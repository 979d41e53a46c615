import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { ClientLimits } from '../../../src/service/smtp/client-limits.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

const WAN = {
  connections: 2,
  connectionsPerMinute: 5,
  commandsPerMinute: 4,
  messagesPerMinute: 3,
  errors: 1,
};
const NETWORK = {
  connections: 3,
  connectionsPerMinute: 20,
  commandsPerMinute: 6,
  messagesPerMinute: 5,
  errors: 3,
};

function make(trackedClients = 100) {
  const clock = new FakeClock();
  const limits = new ClientLimits({
    isLan: (address) => address.startsWith('192.168.'),
    lan: { ...WAN, messagesPerMinute: 10 },
    wan: WAN,
    wanNetwork: NETWORK,
    errorWindow: Minutes(10),
    trackedClients,
    clock,
  });
  return { clock, limits };
}

const times = (count: number, action: () => boolean): boolean[] => Array.from({ length: count }, action);

test('ClientLimits allows so many connections of an address at a time', () => {
  const { limits } = make();
  assert.deepEqual(
    times(3, () => limits.connect('192.0.2.1')),
    [true, true, false],
  );
  assert.equal(limits.connect('192.0.2.2'), true);
  limits.disconnect('192.0.2.1');
  assert.equal(limits.connect('192.0.2.1'), true);
});

test('ClientLimits allows so many connections of a network at a time: a /24, or a /48 of IPv6', () => {
  for (const addresses of [
    ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
    ['2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:1:4::1'],
    ['::ffff:192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
  ]) {
    const { limits } = make();
    assert.deepEqual(
      addresses.map((address) => limits.connect(address)),
      [true, true, true, false],
    );
    assert.equal(limits.connect('198.51.100.1'), true);
  }
});

test('ClientLimits does not take the LAN for one network', () => {
  const { limits } = make();
  const devices = ['192.168.1.1', '192.168.1.2', '192.168.1.3', '192.168.1.4'];
  assert.ok(devices.every((address) => limits.connect(address)));
});

test('ClientLimits allows so many new connections a minute', async () => {
  const { limits, clock } = make();
  const comeAndGo = (): boolean => {
    const isIn = limits.connect('192.0.2.1');
    if (isIn) limits.disconnect('192.0.2.1');
    return isIn;
  };
  assert.deepEqual(times(6, comeAndGo), [true, true, true, true, true, false]);
  await clock.advance(Minutes(1));
  assert.equal(comeAndGo(), true);
});

test('ClientLimits takes a /64 of IPv6 for one client', () => {
  const { limits } = make();
  assert.equal(limits.connect('2001:db8::1'), true);
  assert.equal(limits.connect('2001:db8:0:0:ffff::2'), true);
  assert.equal(limits.connect('2001:db8::3'), false);
  assert.equal(limits.connect('2001:db8:0:1::1'), true);
});

test('ClientLimits counts messages and commands by the minute, of an address and of its network', async () => {
  const { limits, clock } = make();
  const message = (): boolean => limits.takeMessage('192.0.2.1');
  assert.deepEqual(times(4, message), [true, true, true, false]);
  assert.deepEqual(
    times(3, () => limits.takeMessage('192.0.2.2')),
    [true, true, false],
  );
  assert.deepEqual(
    times(5, () => limits.takeCommand('192.0.2.1')),
    [true, true, true, true, false],
  );
  await clock.advance(Seconds(59));
  assert.equal(message(), false);
  await clock.advance(Seconds(1));
  assert.deepEqual(times(4, message), [true, true, true, false]);
});

test('ClientLimits refuses connections of an address, or a network, with too many errors until their time is over', async () => {
  const { limits, clock } = make();
  limits.countError('192.0.2.1');
  assert.equal(limits.hasTooManyErrors('192.0.2.1'), false);
  limits.countError('192.0.2.1');
  assert.equal(limits.connect('192.0.2.1'), false);
  assert.equal(limits.connect('192.0.2.9'), true);
  limits.countError('192.0.2.2');
  limits.countError('192.0.2.3');
  assert.equal(limits.connect('192.0.2.9'), false);
  await clock.advance(Minutes(10));
  assert.equal(limits.connect('192.0.2.1'), true);
});

test('ClientLimits forgets the client unheard of for longest when its table is full', () => {
  const { limits } = make(2);
  assert.deepEqual(
    times(4, () => limits.takeMessage('192.0.2.1')),
    [true, true, true, false],
  );
  limits.takeMessage('198.51.100.2');
  limits.takeMessage('203.0.113.3');
  assert.equal(limits.takeMessage('192.0.2.1'), true);
});

test('ClientLimits takes a surplus disconnect without harm', () => {
  const { limits } = make();
  limits.disconnect('192.0.2.1');
  assert.deepEqual(
    times(3, () => limits.connect('192.0.2.1')),
    [true, true, false],
  );
});
