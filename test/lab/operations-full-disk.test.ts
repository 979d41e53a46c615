import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { HealthNode } from '../../src/port/health-report.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PC1_ADDRESS, PEOPLE } from './box-config.ts';
import { subjectsOf } from './mailbox-subjects.ts';
import { Office } from './office.ts';
import type { CommandResult } from './run-command.ts';
import { outputOf, runCommand } from './run-command.ts';
import { waitFor } from './wait-for.ts';

const CARD_SIZE = '96m';

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = new Box(office.box);
  // A card of its own for the data. The lab unmounts what lies below its directory.
  await outputOf(['mount', '-t', 'tmpfs', '-o', `size=${CARD_SIZE}`, 'card', box.dataPath]);
  await box.start();
  await box.online();
});

after(() => office.remove());

async function fillCard(): Promise<void> {
  const dd = await runCommand([
    'dd',
    'if=/dev/zero',
    `of=${join(box.dataPath, 'filler')}`,
    'bs=4096',
    'status=none',
  ]);
  assert.match(dd.stderr, /No space left/);
}

function emptyCard(): void {
  rmSync(join(box.dataPath, 'filler'));
}

function send(subject: string): Promise<CommandResult> {
  const letter = [
    '--from',
    `someone@${NAMES.elsewhere}`,
    '--to',
    `alice@${NAMES.office}`,
    '--h-Subject',
    subject,
  ];
  const { world } = office.hosts;
  return world.run(['swaks', '--server', NAMES.mailHost, '--helo', NAMES.elsewhereMail, ...letter]);
}

function warnings(node: HealthNode): string[] {
  const own = node.state === 'warning' || node.state === 'failed' ? [node.reason] : [];
  return [...own, ...node.children.flatMap(warnings)];
}

function bound(mac: string): Promise<string | undefined> {
  return box.leases().then((leases) => leases.find((lease) => lease.mac === mac)?.address);
}

test('a full card: what was stored before is answered for', async () => {
  assert.equal((await office.pc1.replug()).address, PC1_ADDRESS);
  const { status, stdout } = await send('before');
  assert.equal(status, 0, stdout);
  await fillCard();
  assert.deepEqual(await subjectsOf(office.pc1.namespace, ADDRESSES.boxLan), ['before']);
});

test('a full card: leases are given from memory, and the health says that they are not recorded', async () => {
  const { address } = await office.pc2.replug();
  assert.equal(await bound(ADDRESSES.pc2Mac), address);
  const { namespace } = office.pc2;
  assert.equal((await namespace.output(['dig', '+short', `pc2.${NAMES.office}`])).trim(), address);
  const url = `http://${NAMES.elsewhereWeb}/address`;
  assert.equal((await namespace.output(['curl', '-sS', url])).trim(), ADDRESSES.boxWan);
  const told = warnings((await box.health()).tree);
  assert.ok(
    told.some((reason) => /leases.*cannot be recorded.*ENOSPC/i.test(reason)),
    told.join('\n'),
  );
});

test('a full card: mail is put off with 452, and the sender keeps it', async () => {
  const { status, stdout } = await send('without room');
  assert.notEqual(status, 0);
  assert.match(stdout, /^<\S*\s+452 /m);
  const says = /^Cannot store a message of \d+ bytes: .*storage/;
  await waitFor('the reason in the health', async () =>
    warnings((await box.health()).tree).some((reason) => says.test(reason)),
  );
});

test('a full card: a new configuration is refused, taken back whole, and the old one is in force', async () => {
  const before = await box.json('config', 'show');
  const { status, stderr } = await box.cli(['user', 'add', 'carol'], { input: 'a password\n' });
  assert.equal(status, 1);
  assert.match(stderr, /^Cannot [^\n]*ENOSPC[^\n]*\n$/);
  assert.deepEqual(await box.json('config', 'show'), before);
});

test('room on the card again: leases are recorded, mail comes in, and all of it outlives the plug', async () => {
  emptyCard();
  const { status, stdout } = await send('after');
  assert.equal(status, 0, stdout);
  const { address } = await office.pc2.replug();
  await box.crash();
  await box.start();
  await box.online();
  assert.equal(await bound(ADDRESSES.pc1Mac), PC1_ADDRESS);
  assert.equal(await bound(ADDRESSES.pc2Mac), address);
  assert.deepEqual(await subjectsOf(office.pc1.namespace, ADDRESSES.boxLan), ['before', 'after']);
  const added = await box.cli(['user', 'passwd', 'alice'], { input: `${PEOPLE.alice}\n` });
  assert.equal(added.status, 0, added.stderr);
  await waitFor('a health without complaint', async () => (await box.health()).ok);
});
