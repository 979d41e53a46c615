import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { type Pop3Options, type Pop3Service, startPop3 } from '../../../src/service/pop3/start-pop3.ts';
import { LineClient } from '../../fake/line-client.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { MemoryMailStore } from '../../fake/memory-mail-store.ts';

const identity = makeIdentity('mail.office.example', Timestamp(0));
const MESSAGE = 'Subject: x\r\n\r\n.dot\r\n\xff\r\n';

interface Running {
  readonly service: Pop3Service;
  readonly store: MemoryMailStore;
  readonly log: MemoryLog;
}

async function start(t: TestContext, options: Partial<Pop3Options> = {}): Promise<Running> {
  const [store, log] = [new MemoryMailStore(), new MemoryLog()];
  for (const users of [['alice', 'bob'], ['alice']])
    await store.deliver({ sender: 'x@world.example', users }, Buffer.from(MESSAGE, 'latin1'));
  const service = await startPop3({
    hostName: 'mail.office.example',
    listeners: [
      { address: '127.0.0.1', port: 0, tls: 'starttls' },
      { address: '127.0.0.1', port: 0, tls: 'implicit' },
    ],
    identity,
    verify: async (login, password) => (password === 'secret' ? login : undefined),
    store,
    log,
    limits: { failedLoginDelay: 0, inUseWait: 0 },
    ...options,
  });
  t.after(() => service.close());
  return { service, store, log };
}

async function login(service: Pop3Service, user = 'alice'): Promise<LineClient> {
  const client = await LineClient.connect(service.ports[1] ?? 0, { tls: true });
  assert.equal(await client.expect(/^.*\r\n/), '+OK mail.office.example POP3 ready\r\n');
  await client.ask(`USER ${user}`, /^\+OK .*\r\n/);
  await client.ask('PASS secret', /^\+OK .*\r\n/);
  return client;
}

test('POP3 hands out the mailbox of the user who logged in and removes what was deleted', async (t) => {
  const { service, store } = await start(t);
  const client = await login(service);
  assert.equal(await client.ask('STAT', /^.*\r\n/), '+OK 2 46\r\n');
  assert.equal(
    await client.ask('RETR 1', /\r\n\.\r\n/),
    `+OK 23 octets\r\n${MESSAGE.replace('.dot', '..dot')}.\r\n`,
  );
  client.send('DELE 1\r\nQUIT\r\n');
  await client.rest();
  assert.deepEqual(store.removals, [['m1']]);
  assert.deepEqual(
    store.summaries().map(({ user, messages }) => [user, messages]),
    [
      ['alice', 1],
      ['bob', 1],
    ],
  );
  const again = await login(service);
  assert.match(await again.ask('UIDL', /\r\n\.\r\n/), /\r\n1 m3\r\n\.\r\n$/);
  await again.close();
});

test('POP3 wants STLS on the port without TLS', async (t) => {
  const { service } = await start(t);
  const client = await LineClient.connect(service.ports[0] ?? 0);
  await client.expect(/^\+OK .*\r\n/);
  await client.ask('USER alice', /^-ERR Cannot log in without encryption.*\r\n/);
  await client.ask('STLS', /^\+OK .*\r\n/);
  await client.startTls();
  await client.ask('USER alice', /^\+OK .*\r\n/);
  await client.ask('PASS secret', /^\+OK .*\r\n/);
  await client.close();
});

test('POP3 gives a mailbox to one session at a time and back when the client is gone', async (t) => {
  const { service, store } = await start(t);
  const first = await login(service);
  const second = await LineClient.connect(service.ports[1] ?? 0, { tls: true });
  second.send('USER alice\r\nPASS secret\r\n');
  await second.expect(/-ERR \[IN-USE\] .*\r\n/);
  first.reset();
  while (store.isOpen('alice')) await new Promise(setImmediate);
  await second.ask('USER alice\r\nPASS secret', /Maildrop has 2 messages.*\r\n/);
  await second.close();
});

test('POP3 answers QUIT with -ERR and keeps the mail when the store cannot remove it', async (t) => {
  const { service, store, log } = await start(t);
  const client = await login(service);
  await client.ask('DELE 1', /^\+OK .*\r\n/);
  store.failWith = new Error('the card is broken');
  client.send('QUIT\r\n');
  assert.match(await client.rest(), /^-ERR \[SYS\/TEMP\] Deleted messages were not removed\r\n$/);
  assert.equal(store.isOpen('alice'), false);
  assert.match(log.text, /A session of 127\.0\.0\.1 failed: the card is broken/);
});

test('POP3 logs failed logins with the name and without the password', async (t) => {
  const { service, log } = await start(t);
  const client = await LineClient.connect(service.ports[1] ?? 0, { tls: true });
  client.send('USER alice\r\nPASS guess\r\n');
  await client.expect(/-ERR \[AUTH\] .*\r\n/);
  await client.close();
  assert.match(log.text, /Login failed for "alice" from 127\.0\.0\.1/);
  assert.doesNotMatch(log.text, /guess/);
});

test('POP3 asks about a client of the LAN as one that may go first, and lets no other judge but the given one decide', async (t) => {
  const asked: unknown[] = [];
  const failures: string[] = [];
  const { service } = await start(t, {
    isLan: (address) => address === '127.0.0.1',
    verify: async (login, _password, isTrusted) => {
      asked.push([login, isTrusted]);
      return undefined;
    },
    loginGuard: {
      admits: () => failures.length < 2,
      failed: (address) => {
        failures.push(address);
        return 0;
      },
      succeeded: () => {},
    },
  });
  const client = await LineClient.connect(service.ports[1] ?? 0, { tls: true });
  client.send('USER alice\r\nPASS x\r\n'.repeat(3));
  assert.match(await client.rest(), /\[AUTH\][^]*\[AUTH\][^]*-ERR \[SYS\/TEMP\] Too many failed logins/);
  assert.deepEqual(asked, [
    ['alice', true],
    ['alice', true],
  ]);
  assert.deepEqual(failures, ['127.0.0.1', '127.0.0.1']);
});

test('POP3 lets several sessions into a shared mailbox, each with what had come by its login; what one deletes the other lists, cannot read, and deletes without a complaint', async (t) => {
  const { service, store } = await start(t, { maildrops: 'shared' });
  const one = await login(service);
  const before = store.uids('alice').length;
  await store.deliver({ sender: '', users: ['alice'] }, Buffer.from('Subject: late\r\n\r\n'));
  const two = await login(service);
  await one.ask('STAT', new RegExp(`^\\+OK ${before} \\d+\\r\\n`));
  await two.ask('STAT', new RegExp(`^\\+OK ${before + 1} \\d+\\r\\n`));
  await one.ask('DELE 1', /^\+OK .*\r\n/);
  one.send('QUIT\r\n');
  await one.rest();
  assert.deepEqual(store.removals, [['m1']]);
  await two.ask('RETR 1', /^-ERR \[SYS\/TEMP\] Another session has deleted this message\r\n/);
  await two.ask(`RETR ${before + 1}`, /^\+OK .*\r\nSubject: late\r\n\r\n\.\r\n/);
  await two.ask('STAT', new RegExp(`^\\+OK ${before + 1} \\d+\\r\\n`));
  two.send('DELE 1\r\nQUIT\r\n');
  assert.match(await two.rest(), /\+OK Bye\r\n$/);
  assert.deepEqual(store.removals, [['m1']]);
});

test('startPop3() names the port that is taken and leaves nothing open', async (t) => {
  const { service } = await start(t);
  const taken = service.ports[0] ?? 0;
  const listeners = [
    { address: '127.0.0.1', port: 0, tls: 'implicit' },
    { address: '127.0.0.1', port: taken, tls: 'implicit' },
  ] as const;
  await assert.rejects(start(t, { listeners }), {
    name: 'KernelError',
    errno: 'EADDRINUSE',
    message: new RegExp(`127\\.0\\.0\\.1 port ${taken}`),
  });
});
