import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../../src/cli/command.ts';
import { leasesEndCommand } from '../../src/cli/leases-end.ts';
import { leasesPinCommand } from '../../src/cli/leases-pin.ts';
import { leasesCommand } from '../../src/cli/leases.ts';
import type { LeaseStatus } from '../../src/port/box.ts';
import { type Given, callCommand } from './call-command.ts';

const CAMERA: LeaseStatus = {
  address: '192.168.77.20',
  mac: '02:00:00:00:00:20',
  name: 'camera',
  state: 'bound',
  expires: '2026-11-22T22:00:00.000Z',
  clientId: '01020000000020',
  vendor: 'udhcp 1.35.0',
  since: '2026-11-20T08:00:00.000Z',
  reserved: true,
  nameProblem: null,
};
const PC: LeaseStatus = {
  ...CAMERA,
  address: '192.168.77.21',
  mac: '02:00:00:00:00:21',
  clientId: 'ff00000001',
  reserved: false,
  nameProblem: 'camera.office.example is the name of 192.168.77.20 already',
};
const PRINTER: LeaseStatus = {
  ...CAMERA,
  address: '192.168.77.30',
  mac: '',
  name: 'printer',
  state: 'reserved',
  expires: null,
  clientId: null,
  vendor: null,
  since: null,
};

/** The lines printed and what was sent. */
async function call(
  command: Command,
  given: Given,
  answer: unknown,
): Promise<{ readonly printed: readonly string[]; readonly sent: readonly unknown[] }> {
  const { printed, sent } = await callCommand(command, given, answer);
  return { printed: printed.split('\n'), sent };
}

test('leases prints a line for each address, and why a device has no name', async () => {
  const { printed } = await call(leasesCommand, {}, [CAMERA, PC, PRINTER]);
  assert.match(printed[0] ?? '', /^ADDRESS +MAC +NAME +STATE +SINCE +EXPIRES +CLIENT ID$/);
  assert.match(
    printed[1] ?? '',
    /^192\.168\.77\.20 +02:00:00:00:00:20 +camera +bound, reserved +2026-11-20 08:00 UTC +in 10 h 0 min +-$/,
  );
  assert.match(printed[2] ?? '', /ff00000001$/);
  assert.match(printed[3] ?? '', /^192\.168\.77\.30 +- +printer +reserved +- +- +-$/);
  assert.equal(
    printed[4],
    '192.168.77.21 has no name: camera.office.example is the name of 192.168.77.20 already',
  );
});

test('leases --find looks into address, MAC address, name, state, identifier and kind of device', async () => {
  const found = async (find: string): Promise<unknown[]> => {
    const { printed } = await call(leasesCommand, { flags: { find, json: true } }, [CAMERA, PC, PRINTER]);
    return (JSON.parse(printed.join('')) as LeaseStatus[]).map(({ address }) => address.slice(-2));
  };
  assert.deepEqual(await found('77.2'), ['20', '21']);
  assert.deepEqual(await found('00:21'), ['21']);
  assert.deepEqual(await found('PRINT'), ['30']);
  assert.deepEqual(await found('reserved'), ['30']);
  assert.deepEqual(await found('FF0000'), ['21']);
  assert.deepEqual(await found('udhcp'), ['20', '21']);
  assert.deepEqual(await found('nobody'), []);
});

test('leases end hands the address to the box', async () => {
  const { printed, sent } = await call(leasesEndCommand, { words: ['192.168.77.20'] }, {});
  assert.deepEqual(sent, [['POST', '/api/leases/end', { address: '192.168.77.20' }]]);
  assert.deepEqual(printed, ['the lease of 192.168.77.20 has ended']);
});

test('leases pin hands address and name to the box and prints what changed', async () => {
  const { printed, sent } = await call(leasesPinCommand, { words: ['192.168.77.20', 'door'] }, ['stored']);
  assert.deepEqual(sent, [['POST', '/api/leases/pin', { address: '192.168.77.20', name: 'door' }]]);
  assert.deepEqual(printed, ['stored']);
  const nameless = await call(leasesPinCommand, { words: ['192.168.77.20'] }, []);
  assert.deepEqual(nameless.sent, [['POST', '/api/leases/pin', { address: '192.168.77.20' }]]);
});
