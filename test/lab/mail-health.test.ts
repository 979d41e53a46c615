import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { MailStoreStatus } from '../../src/port/mail-import.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PEOPLE, boxConfig } from './box-config.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

// What the owner is told of the post office when something is wrong with it.

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  const smartHost = { host: ADDRESSES.world, port: 465, security: 'tls', verify: false } as const;
  const login = { user: 'office', password: 'a wrong one' };
  box = await Box.start(
    office.box,
    boxConfig({ mail: { hostName: NAMES.mailHost, smartHost: { ...smartHost, ...login } } }),
  );
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

async function submit(to: string, subject: string): Promise<void> {
  const envelope = ['--from', `alice@${NAMES.office}`, '--to', to, '--header', `Subject: ${subject}`];
  await office.pc1.namespace.output(['swaks', '--server', ADDRESSES.boxLan, ...envelope]);
}

async function health(): Promise<string> {
  return (await box.cli(['health'])).stdout;
}

test('a smart host that refuses the login is told at once, with its words, until the login is right', async () => {
  const { world } = office.hosts;
  assert.match(await health(), /^ok +sending: Nothing is in the way of outgoing mail$/m);
  const script = join(import.meta.dirname, 'smart-host.py');
  const relay = world.start('relay', ['/usr/bin/python3', '-u', script, ADDRESSES.world, world.directory]);
  await relay.line(/ready/);
  await submit(`someone@${NAMES.elsewhere}`, 'out');
  const line = await waitFor(
    'the reason in health',
    async () => /^FAILED +sending: The smart host .*$/m.exec(await health())?.[0],
  );
  assert.match(line, /The smart host 198\.51\.100\.2:465 does not take the login of the box: 535 5\.7\.8 /);
  assert.doesNotMatch(line, /a wrong one/);
  const file = box.namespace.file('next.json');
  const config = readFileSync(box.configPath, 'utf8').replace('a wrong one', 'se cret');
  writeFileSync(file, config);
  assert.equal((await box.cli(['config', 'apply', file])).status, 0);
  await box.cli(['mail', 'retry', '--all']);
  await relay.line(/^mail from alice@office\.example to someone@elsewhere\.example by office$/m);
  await waitFor('the all-clear', async () => /^ok +sending: /m.test(await health()));
  await relay.stop();
});

test('a damaged message is named in health, in the API and by gatepost mail verify; the others are served', async () => {
  for (const subject of ['first', 'second']) await submit(`alice@${NAMES.office}`, subject);
  await box.stop();
  const directory = join(box.dataPath, 'mail');
  for (const name of readdirSync(directory).filter((one) => one.endsWith('.log'))) {
    const bytes = readFileSync(join(directory, name));
    const at = bytes.indexOf('Subject: first');
    if (at < 0) continue;
    bytes[at + 9] = (bytes[at + 9] ?? 0) ^ 1;
    writeFileSync(join(directory, name), bytes);
  }
  await box.start();
  const curl = ['curl', '-sS', '--insecure', '--user', `alice:${PEOPLE.alice}`];
  const url = `pop3s://${ADDRESSES.boxLan}`;
  const read = (number: number) => office.pc1.namespace.run([...curl, `${url}/${number}`]);
  const [first, second] = [await read(1), await read(2)];
  assert.notEqual(first.status, 0);
  assert.match(second.stdout, /Subject: second/);
  const told = await waitFor(
    'the damage in health',
    async () => /^FAILED +damaged message: .*$/m.exec(await health())?.[0],
  );
  assert.match(
    told,
    /The message \S+ of alice, received on .* cannot be read: mail\/segment-\d+\.log is damaged/,
  );
  const [, uid = ''] = /The message (\S+) of alice/.exec(told) ?? [];
  const socket = ['--unix-socket', join(box.runPath, 'api.sock'), 'http://box/api/mail/store'];
  const status = JSON.parse(await box.namespace.output(['curl', '-sS', ...socket])) as MailStoreStatus;
  assert.deepEqual(
    status.damage.flatMap(({ messages }) => messages.map((one) => [one.uid, one.users])),
    [[uid, ['alice']]],
  );
  const verify = await box.cli(['mail', 'verify', '--data', box.dataPath]);
  assert.equal(verify.status, 4);
  assert.ok(verify.stdout.includes(`message ${uid} of alice`), verify.stdout);
});
