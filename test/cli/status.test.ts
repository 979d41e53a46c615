import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusCommand } from '../../src/cli/status.ts';
import type { BoxStatus } from '../../src/port/box.ts';
import { STATUS } from '../fake/fake-box.ts';
import { callCommand } from './call-command.ts';

async function printed(status: Partial<BoxStatus> = {}): Promise<readonly string[]> {
  return (await callCommand(statusCommand, {}, { ...STATUS, ...status })).printed.split('\n');
}

test('status says times as people reckon them, and sizes with their units', async () => {
  assert.deepEqual(await printed(), [
    'Box      gatepost.office.example, mode firewall, version 0.1.0, running for 1 d 2 h',
    'WAN      wan0 up, 203.0.113.50/24 by way of 203.0.113.1, BOUND, lease from 203.0.113.1 in 41 ms ends in 10 h 0 min',
    'LAN      lan0, 192.168.77.1/24, DHCP 192.168.77.1 to 192.168.77.100',
    'Role     net running, process 100',
    'Service  dns: ok, 192.168.77.1 port 53',
    'Mailbox  alice: 3 messages, 4.0 KiB',
    'Queue    2 messages to be sent, 1 of them held, the oldest: 3 h 0 min ago',
  ]);
});

test('status counts one thing in the singular, and says that there is none', async () => {
  const mailboxes = [{ user: 'bob', messages: 1, octets: 1, quota: 100 }];
  const roles = [{ name: 'post', state: 'waiting', pid: null, restarts: 1 }] as const;
  const one = await printed({ mailboxes, roles, queue: { messages: 1, held: 0, oldest: null } });
  assert.ok(one.includes('Role     post waiting, restarted 1 time'));
  assert.ok(one.includes('Mailbox  bob: 1 message, 1 byte, 1 % of 100'));
  assert.equal(one.at(-1), 'Queue    1 message to be sent');
  const none = await printed({ queue: { messages: 0, held: 0, oldest: null } });
  assert.equal(none.at(-1), 'Queue    no mail waits to be sent');
});

test('status of a box without an address says so, and of a host of the office that the WAN is not used', async () => {
  const wan = { ...STATUS.wan, address: null, lease: null, gateway: null };
  assert.equal(
    (await printed({ wan: { ...wan, state: 'SELECTING' } }))[1],
    'WAN      wan0 up, no address (SELECTING)',
  );
  assert.equal(
    (await printed({ wan: { ...wan, method: 'off', link: 'down' } }))[1],
    'WAN      wan0 down, not used',
  );
});
