import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Seconds } from '../../../src/base/duration.ts';
import { type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { InternetMonitor } from '../../../src/service/wan/internet-monitor.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { Provider } from './provider.ts';

const SOURCE = parseIpv4('203.0.113.50');
const NAMES = ['time.example', 'clock.example'];

/** A monitor whose resolver knows these names; it has been told to watch. */
function watching(zone: Record<string, readonly string[]>, names: readonly string[] = NAMES) {
  const provider = new Provider();
  provider.gatewayAnswers = 'nothing';
  const clock = new FakeClock();
  const asked: string[] = [];
  const changes: string[] = [];
  const resolve = async (name: string): Promise<readonly Ipv4[]> => {
    asked.push(name);
    return (zone[name] ?? []).map(parseIpv4);
  };
  const ports = { clock, random: new FakeRandom(), udp: provider.udp, icmp: provider, resolve };
  const monitor = new InternetMonitor(ports, () => changes.push(monitor.health.state));
  monitor.watch({ names, source: SOURCE });
  return { monitor, provider, clock, asked, changes };
}

test('InternetMonitor is unknown until a time server has been asked, and asks every 256 seconds while it answers', async () => {
  const { monitor, provider, clock, asked, changes } = watching({ 'time.example': ['192.0.2.1'] });
  provider.timeServers.set('192.0.2.1', 'time');
  assert.equal(monitor.health.state, 'unknown');
  await clock.advance(Seconds(2));
  assert.deepEqual(monitor.health, { state: 'reachable', reason: 'time.example (192.0.2.1) answers' });
  await clock.advance(Seconds(256 * 4));
  assert.deepEqual([provider.timeAsked.length, asked.length, provider.echoes], [5, 5, 0]);
  assert.deepEqual(changes, ['reachable']);
});

test('InternetMonitor asks at most two addresses, each for the time and by an echo request', async () => {
  const { monitor, provider, clock } = watching({ 'time.example': ['192.0.2.1', '192.0.2.2', '192.0.2.3'] });
  await clock.advance(Seconds(14));
  assert.deepEqual([provider.timeAsked, provider.echoes], [['192.0.2.1', '192.0.2.2'], 2]);
  assert.equal(monitor.health.state, 'unknown', 'one miss says nothing yet');
});

test('InternetMonitor after two misses says what failed, asks other names with back-off, and sees the return', async () => {
  const zone: Record<string, readonly string[]> = { 'time.example': ['192.0.2.1'] };
  const { monitor, provider, clock, asked, changes } = watching(zone);
  await clock.advance(Seconds(30));
  assert.deepEqual(monitor.health, {
    state: 'unreachable',
    reason: 'The name clock.example cannot be resolved',
  });
  assert.deepEqual(asked, ['time.example', 'clock.example']);
  await clock.advance(Hours(1));
  assert.ok(asked.length >= 14 && asked.length <= 20, `${asked.length} checks in an hour`);
  provider.timeServers.set('192.0.2.1', 'time');
  zone['clock.example'] = ['192.0.2.1'];
  await clock.advance(Seconds(256));
  assert.deepEqual(changes, ['unreachable', 'reachable']);
});

test('InternetMonitor believes no answer to a question it has not asked', async () => {
  const { monitor, provider, clock } = watching({ 'time.example': ['192.0.2.1'] }, ['time.example']);
  provider.timeServers.set('192.0.2.1', 'garbage');
  await clock.advance(Seconds(60));
  assert.equal(monitor.health.state, 'unreachable');
  assert.match(monitor.health.reason, /^time\.example \(192\.0\.2\.1\) answers neither/);
});

test('InternetMonitor leaves a server alone for an hour that has sent a kiss of death (RFC 5905 §7.4)', async () => {
  const { monitor, provider, clock } = watching({ 'time.example': ['192.0.2.1'] });
  provider.timeServers.set('192.0.2.1', 'kiss');
  await clock.advance(Seconds(3000));
  assert.deepEqual([provider.timeAsked.length, monitor.health.state], [1, 'reachable']);
});

test('InternetMonitor does not wait for a resolver that never answers', async () => {
  const provider = new Provider();
  const clock = new FakeClock();
  const never = (): Promise<readonly Ipv4[]> => Promise.withResolvers<readonly Ipv4[]>().promise;
  const ports = { clock, random: new FakeRandom(), udp: provider.udp, icmp: provider, resolve: never };
  const monitor = new InternetMonitor(ports, () => undefined);
  monitor.watch({ names: NAMES, source: SOURCE });
  await clock.advance(Seconds(60));
  assert.equal(monitor.health.state, 'unreachable');
});

test('InternetMonitor asks nobody without time servers or without an address', async () => {
  const off = watching({}, []);
  await off.clock.advance(Hours(1));
  assert.deepEqual([off.monitor.health.state, off.asked, off.clock.pending], ['off', [], 0]);
  const { monitor, clock, asked } = watching({ 'time.example': ['192.0.2.1'] });
  monitor.watch({ names: NAMES, source: undefined });
  await clock.advance(Hours(1));
  assert.deepEqual([monitor.health.state, asked, clock.pending], ['unknown', [], 0]);
});

test('InternetMonitor begins anew with another address', async () => {
  const { monitor, provider, clock } = watching({ 'time.example': ['192.0.2.1'] });
  provider.timeServers.set('192.0.2.1', 'time');
  await clock.advance(Seconds(10));
  monitor.watch({ names: NAMES, source: parseIpv4('203.0.113.77') });
  assert.equal(monitor.health.state, 'unknown');
  await clock.advance(Seconds(2));
  assert.deepEqual([monitor.health.state, provider.timeAsked.length], ['reachable', 2]);
});

test('InternetMonitor tells a server that has not answered from one that has not been asked', async () => {
  const { monitor, clock } = watching({ 'time.example': ['192.0.2.1'] }, ['time.example']);
  assert.deepEqual(monitor.health, { state: 'unknown', reason: 'time.example has not been asked yet' });
  await clock.advance(Seconds(12));
  assert.deepEqual(monitor.health, { state: 'unknown', reason: 'time.example has not answered yet' });
});
