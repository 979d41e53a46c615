import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { UserStatus } from '../../src/port/box.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { type ConfigFile, PEOPLE } from './box-config.ts';
import { Office } from './office.ts';
import type { CommandResult } from './run-command.ts';
import { waitFor } from './wait-for.ts';

const FIRST = 'carol has a canary';
const SECOND = 'kanarienvögel:singen';

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

/** Whether a mail program with this login gets in by POP3. */
async function mayRead(user: string, password: string): Promise<boolean> {
  const config = office.pc1.namespace.file('login');
  writeFileSync(config, `user = "${user}:${password}"\n`);
  const curl = ['curl', '-sS', '--insecure', '-m', '10', '-K', config, `pop3s://${ADDRESSES.boxLan}/`];
  const { status, stderr } = await office.pc1.namespace.run(curl);
  // 67: the login was refused.
  assert.ok(status === 0 || status === 67, stderr);
  return status === 0;
}

function stored(): NonNullable<ConfigFile['users']> {
  return (JSON.parse(readFileSync(box.configPath, 'utf8')) as ConfigFile).users ?? [];
}

function user(...words: readonly string[]): (password: string) => Promise<CommandResult> {
  return (password) => box.cli(['user', ...words], { input: `${password}\n` });
}

test('gatepost user add: the person gets a mailbox at once, and the file holds a hash', async () => {
  const { status, stdout, stderr } = await user('add', 'carol', '--full-name', 'Carol Example')(FIRST);
  assert.deepEqual([status, stdout, stderr], [0, 'added carol\n', '']);
  const carol = stored().find(({ name }) => name === 'carol');
  assert.equal(carol?.fullName, 'Carol Example');
  assert.match(carol.password, /^scrypt\$\d+\$\d+\$\d+\$[^$]+\$[^$]+$/);
  assert.doesNotMatch(readFileSync(box.configPath, 'utf8'), new RegExp(FIRST));
  assert.equal(statSync(box.configPath).mode & 0o077, 0, 'others may not read the hashes');
  assert.equal(await mayRead('carol', FIRST), true);
  assert.equal(await mayRead('carol', SECOND), false);
  assert.equal(await mayRead('alice', PEOPLE.alice), true);
});

test('gatepost user add: mail for the new person is taken from outside and read', async () => {
  const { world } = office.hosts;
  await box.online();
  const to = `carol@${NAMES.office}`;
  const from = ['--from', `someone@${NAMES.elsewhere}`, '--helo', NAMES.elsewhereMail];
  await world.output(['swaks', '--server', NAMES.mailHost, ...from, '--to', to, '--body', 'Dear Carol.']);
  await waitFor('one message for carol in the status', async () => {
    const { mailboxes } = await box.status();
    return mailboxes.some((mailbox) => mailbox.user === 'carol' && mailbox.messages === 1);
  });
});

test('gatepost user list names everybody, and no password', async () => {
  const people = (await box.json('user', 'list')) as readonly UserStatus[];
  assert.deepEqual(
    people.map(({ name, address }) => [name, address]),
    ['alice', 'bob', 'carol'].map((name) => [name, `${name}@${NAMES.office}`]),
  );
  const { stdout } = await box.cli(['user', 'list']);
  assert.match(stdout, /^carol +Carol Example +carol@office\.example +\d+ bytes +none +for ever$/m);
  assert.doesNotMatch(stdout, /scrypt/);
});

test('gatepost user passwd: the new password counts at once and after a restart, the old one no more', async () => {
  const { status, stdout } = await user('passwd', 'carol')(SECOND);
  assert.deepEqual([status, stdout], [0, 'changed the password of carol\n']);
  assert.equal(await mayRead('carol', SECOND), true);
  assert.equal(await mayRead('carol', FIRST), false);
  await box.stop();
  await box.start();
  assert.equal(await mayRead('carol', SECOND), true);
  assert.equal(await mayRead('carol', FIRST), false);
  assert.equal(await mayRead('bob', PEOPLE.bob), true);
});

test('gatepost user remove: no login and no mail any more, and the mail is kept until it is to be deleted', async () => {
  const removal = await box.cli(['user', 'remove', 'carol']);
  assert.equal(removal.status, 0, removal.stderr);
  assert.match(removal.stdout, /^removed carol; the mailbox is kept \(1 message\)/);
  assert.equal(await mayRead('carol', SECOND), false);
  const { world } = office.hosts;
  const from = ['--from', `someone@${NAMES.elsewhere}`, '--helo', NAMES.elsewhereMail];
  const to = ['--to', `carol@${NAMES.office}`];
  const { stdout } = await world.run(['swaks', '--server', NAMES.mailHost, ...from, ...to]);
  assert.match(stdout, /^<\*\* 550 5\.1\.1 /m);
  assert.ok(
    (await box.status()).mailboxes.some(({ user: name, messages }) => name === 'carol' && messages === 1),
  );
  const deletion = await box.cli(['user', 'remove', 'carol', '--delete-mail']);
  assert.equal(deletion.stdout, 'removed carol and the mail (1 message)\n', deletion.stderr);
  assert.ok((await box.status()).mailboxes.every(({ user: name }) => name !== 'carol'));
  await user('add', 'carol')(FIRST);
  assert.equal(await mayRead('carol', FIRST), true);
});

test('gatepost user refuses what cannot be, with exit 1 and one sentence, and changes nothing', async () => {
  const before = readFileSync(box.configPath, 'utf8');
  for (const [call, password, reason] of [
    [user('add', 'carol'), 'x', /^Cannot add the user "carol": there is one of that name\n$/],
    [user('add', 'Carol Example'), 'x', /a user name of lower-case letters[^\n]*\n$/],
    [user('add', 'dave'), '', /^Cannot use an empty password[^\n]*\n$/],
    [user('remove', 'nobody'), '', /^Cannot remove the user "nobody": there is nobody of that name\n$/],
    [user('passwd', 'nobody'), 'x', /^Cannot change the password of "nobody": there is nobody[^\n]*\n$/],
  ] as const) {
    const { status, stdout, stderr } = await call(password);
    assert.equal(status, 1, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, reason);
  }
  assert.equal(readFileSync(box.configPath, 'utf8'), before);
});
