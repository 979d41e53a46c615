import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds } from '../../../src/base/duration.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { WanState } from '../../../src/service/wan/wan-state.ts';
import { wanStatus } from '../../../src/service/wan/wan-status.ts';
import { BOX_MAC, GATEWAY } from './provider.ts';

const STATE: WanState = {
  device: 'wan0',
  method: 'dhcp',
  phase: 'BOUND',
  link: { up: true, mac: BOX_MAC },
  address: {
    prefix: parsePrefix4('203.0.113.50/24'),
    gateway: GATEWAY,
    routes: [
      { destination: parsePrefix4('10.8.0.0/16'), router: parseIpv4('203.0.113.2') },
      { destination: parsePrefix4('10.9.0.0/16'), router: parseIpv4('0.0.0.0') },
    ],
    dnsServers: [parseIpv4('192.0.2.53')],
    domain: undefined,
    searchDomains: [],
  },
  lease: {
    server: GATEWAY,
    obtained: Timestamp(0),
    took: Milliseconds(12.4),
    expires: Timestamp(3_600_000),
  },
  gateway: { gateway: GATEWAY, state: 'reachable', misses: 0 },
  internet: { state: 'reachable', reason: 'time.example (192.0.2.1) answers' },
  conflict: undefined,
  trouble: undefined,
  storeProblem: undefined,
};

test('wanStatus() prints addresses as text, times as ISO 8601 and durations in milliseconds', () => {
  assert.deepEqual(wanStatus(STATE), {
    device: 'wan0',
    method: 'dhcp',
    link: 'up',
    state: 'BOUND',
    address: '203.0.113.50/24',
    gateway: '203.0.113.1',
    dnsServers: ['192.0.2.53'],
    routes: ['10.8.0.0/16 by 203.0.113.2', '10.9.0.0/16 on the link'],
    internet: 'reachable',
    lease: {
      server: '203.0.113.1',
      obtained: '1970-01-01T00:00:00.000Z',
      tookMs: 12,
      expires: '1970-01-01T01:00:00.000Z',
    },
  });
});

test('wanStatus() without address or device says so', () => {
  const status = wanStatus({
    ...STATE,
    phase: 'LINK-DOWN',
    link: { up: false, mac: undefined },
    address: undefined,
    gateway: { gateway: undefined, state: 'unknown', misses: 0 },
    lease: undefined,
  });
  assert.deepEqual(
    [status.link, status.address, status.gateway, status.dnsServers, status.lease],
    ['missing', null, null, [], null],
  );
});

test('wanStatus() of a lease without end says never', () => {
  assert.ok(STATE.lease);
  const status = wanStatus({ ...STATE, lease: { ...STATE.lease, expires: undefined } });
  assert.equal(status.lease?.expires, 'never');
});
