import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aliasListCommand } from '../../src/cli/alias-list.ts';
import { configHistoryCommand } from '../../src/cli/config-history.ts';
import { firewallShowCommand } from '../../src/cli/firewall-show.ts';
import { flowsCommand } from '../../src/cli/flows.ts';
import { leasesCommand } from '../../src/cli/leases.ts';
import { logCommand } from '../../src/cli/log.ts';
import { mailHistoryCommand } from '../../src/cli/mail-history.ts';
import { mailQueueCommand } from '../../src/cli/mail-queue.ts';
import { namesCommand } from '../../src/cli/names.ts';
import { userListCommand } from '../../src/cli/user.ts';
import { FIREWALL, LEASES } from '../fake/fake-box.ts';
import { callCommand } from './call-command.ts';

for (const [command, answer, sentence] of [
  [aliasListCommand, [], 'There are no aliases.'],
  [configHistoryCommand, [], 'The configuration has not been changed yet.'],
  [flowsCommand, { flows: [], total: 0 }, 'There are no such connections.'],
  [leasesCommand, [], 'No address is given to a device or kept for one.'],
  [logCommand, [], 'The log has no such entries.'],
  [
    mailQueueCommand,
    { isOnline: true, total: 0, destinations: [], entries: [] },
    'No mail waits to be sent.',
  ],
  [namesCommand, [], 'There are no names that the box answers for.'],
  [userListCommand, [], 'There is nobody yet: "gatepost user add NAME" adds a person.'],
] as const)
  test(`${command.name} says in a sentence that there is nothing, and gives an empty list as JSON`, async () => {
    assert.equal((await callCommand(command, {}, answer)).printed, sentence);
    const { printed } = await callCommand(command, { flags: { json: true } }, answer);
    assert.doesNotMatch(printed, /[A-Z]{3}/);
    assert.deepEqual(JSON.parse(printed), 'flows' in answer ? [] : answer);
  });

test('mail history of a message that nobody knows says so', async () => {
  const { printed } = await callCommand(mailHistoryCommand, { words: ['7'] }, []);
  assert.match(printed, /^Nothing is known of that message/);
});

test('leases --find says that nothing fits, out of how many', async () => {
  const { printed } = await callCommand(leasesCommand, { flags: { find: 'camera' } }, LEASES);
  assert.equal(printed, 'Nothing fits; without --find there is 1 address.');
});

test('firewall show says that no device has used the Internet', async () => {
  const { printed } = await callCommand(firewallShowCommand, {}, { ...FIREWALL, devices: [] });
  assert.match(printed, /\n\nNo LAN device has used the Internet yet\.$/);
});
