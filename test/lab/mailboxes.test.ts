import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { counted } from '../../src/base/counted.ts';
import { Days } from '../../src/base/duration.ts';
import { Timestamp } from '../../src/base/instant.ts';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import type { UserStatus } from '../../src/port/box.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PEOPLE, boxConfig } from './box-config.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

// Mailboxes as their people and the owner see them: how much fits, how long mail stays, how it comes back.

/** The user the post office runs as. */
const POST = { uid: 64_201, gid: 64_201 } as const;
const MAIL = { hostName: NAMES.mailHost, aliases: { all: ['alice', 'bob'] } };

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box, boxConfig({ mail: MAIL }));
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

/** A client of the LAN sends so many octets; the last reply of the server. */
async function submit(to: string, octets: number, subject = 'x'): Promise<string> {
  const file = office.pc1.namespace.file('letter');
  writeFileSync(file, `Subject: ${subject}\n\n${`${'x'.repeat(69)}\n`.repeat(Math.ceil(octets / 71))}`);
  const envelope = ['--from', `someone@${NAMES.elsewhere}`, '--to', `${to}@${NAMES.office}`];
  const swaks = ['swaks', '--server', ADDRESSES.boxLan, '--data', `@${file}`];
  const { stdout } = await office.pc1.namespace.run([...swaks, ...envelope]);
  return stdout.match(/^<(?:\*\*|-) +\d{3} .*$/gm)?.findLast((line) => !line.includes(' 221 ')) ?? stdout;
}

/** The same with the size announced, as mail hosts do. @returns what curl says */
async function submitAnnounced(to: string, octets: number): Promise<string> {
  const file = office.pc1.namespace.file('letter');
  writeFileSync(
    file,
    `Subject: x\r\n\r\n${'y'
      .repeat(70)
      .concat('\r\n')
      .repeat(Math.ceil(octets / 72))}`,
  );
  const envelope = ['--mail-from', `someone@${NAMES.elsewhere}`, '--mail-rcpt', `${to}@${NAMES.office}`];
  const curl = ['curl', '-sv', '--crlf', '--upload-file', file, `smtp://${ADDRESSES.boxLan}/client.example`];
  const { stderr } = await office.pc1.namespace.run([...curl, ...envelope]);
  return stderr;
}

function pop3(user: keyof typeof PEOPLE, ...more: readonly string[]): Promise<string> {
  const login = ['--user', `${user}:${PEOPLE[user]}`];
  return office.pc1.namespace.output(['curl', '-sS', '--insecure', ...login, ...more]);
}

async function numbers(user: keyof typeof PEOPLE): Promise<string[]> {
  const list = (await pop3(user, `pop3s://${ADDRESSES.boxLan}/`)).trim();
  return list === '' ? [] : list.split('\r\n').map((line) => line.split(' ')[0] ?? '');
}

const read = (user: keyof typeof PEOPLE, number: string): Promise<string> =>
  pop3(user, `pop3s://${ADDRESSES.boxLan}/${number}`);

async function letters(user: keyof typeof PEOPLE): Promise<string[]> {
  const texts: string[] = [];
  for (const number of await numbers(user)) texts.push(await read(user, number));
  return texts;
}

async function done(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await box.cli(words);
  assert.equal(status, 0, stderr);
  return stdout;
}

async function apply(mail: NonNullable<ReturnType<typeof boxConfig>['mail']>): Promise<void> {
  const file = box.namespace.file('next.json');
  writeFileSync(file, JSON.stringify(boxConfig({ mail: { ...MAIL, ...mail } })));
  await done('config', 'apply', file);
}

const count = async (user: string): Promise<number> =>
  (await box.status()).mailboxes.find((one) => one.user === user)?.messages ?? 0;

test('a full mailbox refuses at RCPT what is announced, else after DATA, and is named in health', async () => {
  await done('user', 'quota', 'alice', '100K');
  assert.match(await submit('alice', 60_000), /^<- +250 2\.6\.0 /);
  assert.match(await submit('alice', 60_000), /^<\*\* 452 4\.2\.2 /);
  assert.match(
    await submitAnnounced('alice', 60_000),
    /> RCPT [^]*< 452 4\.2\.2 The message does not fit[^]*/,
  );
  assert.match(await submit('alice', 36_000), /^<- +250 2\.6\.0 /);
  await waitFor('two messages for alice', async () => (await count('alice')) === 2);
  assert.match(
    (await box.cli(['health'])).stdout,
    /WARNING .*mailbox: The mailbox of alice is nearly full, 9\dK of 100K/,
  );
  assert.match((await box.cli(['status'])).stdout, /alice: 2 messages, 9\d\.\d KiB, 9\d % of 100K/);
});

test('behind a group everybody with room gets the message, and the sender gets it back for the others', async () => {
  const before = await count('bob');
  assert.match(await submit('all', 60_000, 'for all'), /^<- +250 2\.6\.0 /);
  await waitFor('the message for bob', async () => (await count('bob')) === before + 1);
  assert.equal(await count('alice'), 2);
  const mailbox = join(office.world.mailbox, 'new');
  const bounce = await waitFor('the message to come back', () =>
    (existsSync(mailbox) ? readdirSync(mailbox) : [])
      .map((name) => readFileSync(join(mailbox, name), 'latin1'))
      .find((text) => text.includes('Status: 5.2.2')),
  );
  assert.match(bounce, /Final-Recipient: rfc822; all@office\.example/);
});

test('gatepost user quota: more room counts at once, and the list shows it', async () => {
  await done('user', 'quota', 'alice', '2M');
  assert.match(await submit('alice', 60_000), /^<- +250 2\.6\.0 /);
  await waitFor('three messages for alice', async () => (await count('alice')) === 3);
  const people = (await box.json('user', 'list')) as readonly UserStatus[];
  const alice = people.find(({ name }) => name === 'alice');
  assert.equal(alice?.quota, 2 * 2 ** 20);
  assert.ok(alice.used > 150_000 && alice.used < 180_000, `${alice.used} octets`);
  const { status, stderr } = await box.cli(['user', 'quota', 'alice', 'much']);
  assert.deepEqual([status, /a size such as/.test(stderr)], [1, true]);
});

test('a backup puts back what one person has deleted, in the running box, once', async () => {
  const saved = await letters('alice');
  assert.equal(saved.length, 3);
  await done('mail', 'backup', box.namespace.file('backup'), '--data', box.dataPath);
  for (const _ of saved) await pop3('alice', '--head', '--request', 'DELE', `pop3s://${ADDRESSES.boxLan}/1`);
  assert.deepEqual(await numbers('alice'), []);
  assert.match(await submit('alice', 100, 'since'), /^<- +250 /);
  assert.match(
    await done('mail', 'restore', 'alice', box.namespace.file('backup')),
    /^restored 3 of 3 missing messages\n$/,
  );
  assert.match(await done('mail', 'restore', 'alice', box.namespace.file('backup')), /^restored 0 of 0 /);
  const [since = '', ...restored] = await letters('alice');
  assert.match(since, /Subject: since/);
  assert.deepEqual(restored, saved);
});

test('mail of another box is imported into a fresh one and read byte for byte; a stopped box takes a backup', async () => {
  const [alice, bob] = [await letters('alice'), await letters('bob')];
  const mbox = box.namespace.file('alice.mbox');
  await done('mail', 'export', 'alice', '--mbox', mbox, '--data', box.dataPath);
  const running = await box.cli([
    'mail',
    'restore',
    'bob',
    box.namespace.file('backup'),
    '--data',
    box.dataPath,
  ]);
  assert.deepEqual([running.status, /a box runs on it/.test(running.stderr)], [1, true]);
  await box.stop();
  renameSync(box.dataPath, `${box.dataPath}.lost`);
  mkdirSync(box.dataPath);
  await box.start();
  await waitFor('the post office', async () => (await box.cli(['mail', 'queue'])).status === 0);
  assert.deepEqual(await numbers('alice'), []);
  assert.equal(await done('mail', 'import', 'alice', mbox), `imported ${counted(alice.length, 'message')}\n`);
  assert.deepEqual(await letters('alice'), alice);
  await box.stop();
  const restored = await box.cli([
    'mail',
    'restore',
    'bob',
    box.namespace.file('backup'),
    '--data',
    box.dataPath,
  ]);
  assert.match(restored.stdout, /^restored 1 missing message\n$/, restored.stderr);
  await box.start();
  assert.deepEqual(await letters('bob'), bob);
  assert.deepEqual(await letters('alice'), alice);
  // The post office can write where the command has written before.
  assert.match(await submit('bob', 100), /^<- +250 2\.6\.0 /);
});

test('a message of 40 MiB is imported from a Maildir and read byte for byte', async () => {
  const maildir = box.namespace.file('maildir');
  mkdirSync(join(maildir, 'cur'), { recursive: true });
  const text = `Subject: large\r\n\r\n${'z'.repeat(70).concat('\r\n').repeat(582_543)}`;
  writeFileSync(join(maildir, 'cur', '1000000000.large:2,S'), text.replaceAll('\r\n', '\n'));
  assert.equal(await done('mail', 'import', 'bob', maildir), 'imported 1 message\n');
  const last = (await numbers('bob')).at(-1) ?? '';
  assert.ok((await read('bob', last)) === text);
});

test('mail.keepDays is told to POP3 programs, and 0 removes what was fetched at QUIT', async () => {
  await apply({ keepDays: 30 });
  const capabilities = ['--request', 'CAPA', `pop3s://${ADDRESSES.boxLan}/`];
  assert.match(await pop3('alice', ...capabilities), /^EXPIRE 30\r?$/m);
  await apply({ keepDays: 0 });
  assert.match(await pop3('alice', ...capabilities), /^EXPIRE 0\r?$/m);
  const [first, ...others] = await numbers('alice');
  await read('alice', first ?? '');
  assert.equal((await numbers('alice')).length, others.length);
  await apply({ keepDays: null });
  assert.match(await pop3('alice', ...capabilities), /^EXPIRE NEVER\r?$/m);
});

test('mail whose days are over is removed without a login, and the dates of readings outlive a restart', async () => {
  await apply({ keepDays: 30 });
  const [first = '', ...others] = await numbers('alice');
  await read('alice', first);
  await box.stop();
  const clock = new NodeClock();
  const log = new RingLog({ clock, print: () => undefined }).logFor('mail');
  const files = nodeFiles(box.dataPath, POST);
  const store = await openMailStore({ files, clock, random: new NodeRandom(), log });
  const [fetched, unread] = store.list('alice');
  const dated = store.firstReads.of('alice');
  assert.deepEqual([...dated.keys()], [fetched?.uid]);
  assert.ok(Math.abs(clock.wallTime() - (dated.get(fetched?.uid ?? '') ?? 0)) < 300_000);
  const longAgo = Timestamp(clock.wallTime() - Days(31));
  await store.firstReads.record('alice', [unread?.uid ?? ''], longAgo);
  // Somebody has read mail all the time: where nobody did, the clock might have jumped.
  for (const days of [30, 27, 24, 21, 18, 15, 12, 9, 6, 3]) {
    await store.deliver({ sender: '', users: ['bob'] }, Buffer.from('Subject: steady\r\n\r\n'));
    const uid = store.list('bob').at(-1)?.uid ?? '';
    await store.firstReads.record('bob', [uid], Timestamp(clock.wallTime() - Days(days)));
  }
  await store.close();
  await box.start();
  await waitFor('the removal', async () => (await count('alice')) === others.length);
  assert.equal((await numbers('alice')).length, others.length);
});
