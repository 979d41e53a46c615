import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { leaseStatus } from '../../../src/service/dhcp4-server/lease-status.ts';
import { clientKeyOfId } from '../../../src/wire/dhcp4/client-key.ts';

test('leaseStatus() gives texts, and times as ISO 8601 in whole seconds', () => {
  const lease = {
    address: parseIpv4('192.168.77.20'),
    state: 'bound',
    mac: parseMac('02:00:00:00:00:20'),
    name: 'camera',
    client: clientKeyOfId(Uint8Array.of(255, 1)),
    vendor: 'udhcp',
    expires: Timestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
    since: Timestamp(Date.UTC(2026, 0, 1)),
    isReserved: true,
  } as const;
  assert.deepEqual(leaseStatus(lease, 'taken'), {
    address: '192.168.77.20',
    mac: '02:00:00:00:00:20',
    name: 'camera',
    state: 'bound',
    expires: '2026-01-02T03:04:05.000Z',
    clientId: 'ff01',
    vendor: 'udhcp',
    since: '2026-01-01T00:00:00.000Z',
    reserved: true,
    nameProblem: 'taken',
  });
});

test('leaseStatus() of a reservation whose device is not here leaves out what nobody knows', () => {
  const nothing = { mac: undefined, name: undefined, client: undefined, vendor: undefined };
  const times = { expires: undefined, since: undefined };
  const address = parseIpv4('192.168.77.20');
  assert.deepEqual(leaseStatus({ address, state: 'reserved', ...nothing, ...times, isReserved: true }), {
    address: '192.168.77.20',
    mac: '',
    name: null,
    state: 'reserved',
    expires: null,
    clientId: null,
    vendor: null,
    since: null,
    reserved: true,
    nameProblem: null,
  });
});
