import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../src/base/duration.ts';
import { KernelError } from '../../src/base/errors.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { NodeTcp } from '../../src/io/node/tcp.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeNetwork } from '../fake/fake-network.ts';
import { tcpContract } from './tcp.ts';

tcpContract('FakeHost.tcp', () => {
  return new FakeNetwork(new FakeClock()).host(parseIpv4('127.0.0.1'), parseIpv6('::1')).tcp;
});
tcpContract('NodeTcp', () => new NodeTcp());

test('FakeHost.tcp.connect() to an address nobody has fails with ETIMEDOUT when its time is over', async () => {
  const clock = new FakeClock();
  const host = new FakeNetwork(clock).host(parseIpv4('192.0.2.1'));
  const failures: Error[] = [];
  const attempt = host.tcp
    .connect({ address: parseIpv4('192.0.2.2'), port: 80 }, Seconds(3))
    .catch((error: Error) => failures.push(error));
  await clock.advance(Seconds(2));
  assert.equal(failures.length, 0);
  await clock.advance(Seconds(1));
  await attempt;
  assert.equal(failures.length, 1);
  assert.ok(failures.every((error) => error instanceof KernelError && error.errno === 'ETIMEDOUT'));
});
