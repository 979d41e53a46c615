import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuotaError } from '../../../src/port/mailbox.ts';
import type {
  DeliveryReport,
  FailureReport,
  Outgoing,
  RelayClient,
} from '../../../src/service/smtp/outgoing.ts';
import { LineClient } from '../../fake/line-client.ts';
import { greeted, startTestSmtp } from './running-smtp.ts';

// What becomes of an envelope: who gets it here, who elsewhere, and what the sender is told.

const ONE_LINE = /^\d{3} .*\r\n/;

class FakeOutgoing implements Outgoing {
  readonly asked: RelayClient[] = [];
  readonly reports: DeliveryReport[] = [];
  readonly failures: FailureReport[] = [];
  readonly #mayRelay: boolean;

  constructor(mayRelay: boolean) {
    this.#mayRelay = mayRelay;
  }

  mayRelay(client: RelayClient): boolean {
    this.asked.push(client);
    return this.#mayRelay;
  }

  reportDelivery(report: DeliveryReport): void {
    this.reports.push(report);
  }

  async reportFailure(report: FailureReport): Promise<void> {
    this.failures.push(report);
  }
}

async function send(client: LineClient, commands: readonly string[], body = '\r\nx'): Promise<string> {
  for (const command of commands) await client.ask(command, /^250 .*\r\n/);
  await client.ask('DATA', /^354 .*\r\n/);
  return await client.ask(`${body}\r\n.`, ONE_LINE);
}

test('SMTP takes mail for other hosts from those who may send there, without traces of delivery (RFC 5321 §4.4)', async (t) => {
  const outgoing = new FakeOutgoing(true);
  const { mx, store } = await startTestSmtp(t, { outgoing, isLan: () => true });
  const client = await greeted(mx);
  await send(client, [
    'MAIL FROM:<fax@office.example>',
    'RCPT TO:<X@B\u00dccher.example>'.replace('\u00dc', '\xc3\xbc'),
  ]);
  assert.deepEqual(outgoing.asked[0], { address: '127.0.0.1', isLan: true, user: undefined });
  assert.deepEqual(store.deliveries[0]?.envelope.users, []);
  assert.equal(store.deliveries[0]?.envelope.remote?.[0]?.address, 'X@xn--bcher-kva.example');
  assert.match(store.deliveries[0]?.text ?? '', /^Received: from unknown \(LAN client\)\r\n/);
  assert.doesNotMatch(store.deliveries[0]?.text ?? '', /Return-Path|Delivered-To/);
  await client.close();
});

test('SMTP refuses mail for other hosts from everybody else', async (t) => {
  const outgoing = new FakeOutgoing(false);
  const { mx, store } = await startTestSmtp(t, { outgoing });
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<alice@office.example>', /^250 .*\r\n/);
  // Ways to write a recipient elsewhere that have opened relays.
  for (const recipient of [
    'x@elsewhere.example',
    '@office.example:x@elsewhere.example',
    '@office.example,@elsewhere.example:x@elsewhere.example',
    'x@[192.0.2.1]',
    'x@[127.0.0.2]',
    'x@localhost',
    'x@office.example.elsewhere.example',
    'x@mail.office.example',
  ]) {
    assert.match(
      await client.ask(`RCPT TO:<${recipient}>`, ONE_LINE),
      /^550 5\.7\.1 .* only for its own people/,
    );
  }
  for (const recipient of [
    'x%elsewhere.example@office.example',
    'elsewhere.example!x@office.example',
    '"x@elsewhere.example"@office.example',
    '"x%elsewhere.example"@office.example',
    '@elsewhere.example:x@office.example',
  ]) {
    assert.match(await client.ask(`RCPT TO:<${recipient}>`, ONE_LINE), /^550 5\.1\.1 /);
  }
  for (const recipient of [
    'x@elsewhere.example@office.example',
    'x',
    'elsewhere.example!x',
    '"x@elsewhere.example"',
  ]) {
    assert.match(await client.ask(`RCPT TO:<${recipient}>`, ONE_LINE), /^501 5\.1\.3 /);
  }
  assert.equal(store.deliveries.length, 0);
  await client.close();
});

test('SMTP takes the number of its host for the host, and no other number (RFC 5321 §4.1.3)', async (t) => {
  const { mx, store } = await startTestSmtp(t, { outgoing: new FakeOutgoing(false) });
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<a@world.example>', /^250 .*\r\n/);
  for (const [recipient, reply] of [
    ['postmaster@[127.0.0.1]', /^250 2\.1\.5 /],
    ['Alice+log@[127.0.0.1]', /^250 2\.1\.5 /],
    ['nobody@[127.0.0.1]', /^550 5\.1\.1 There is no mailbox <nobody@\[127\.0\.0\.1\]> here/],
    ['"x@elsewhere.example"@[127.0.0.1]', /^550 5\.1\.1 /],
    ['alice@[127.0.0.2]', /^550 5\.7\.1 /],
    ['alice@[IPv6:::1]', /^550 5\.7\.1 /],
  ] as const) {
    assert.match(await client.ask(`RCPT TO:<${recipient}>`, ONE_LINE), reply, recipient);
  }
  await send(client, []);
  assert.deepEqual(store.deliveries[0]?.envelope.users, ['alice']);
  await client.close();
});

test('SMTP sends what goes to an alias on to its outside members, and keeps the copies of users', async (t) => {
  const { mx, store } = await startTestSmtp(t, { outgoing: new FakeOutgoing(false) });
  const client = await greeted(mx);
  await send(client, [
    'MAIL FROM:<a@world.example>',
    'RCPT TO:<mixed@office.example>',
    'RCPT TO:<alice@office.example>',
  ]);
  const [delivery] = store.deliveries;
  assert.deepEqual(delivery?.envelope.users, ['alice']);
  assert.deepEqual(
    delivery?.envelope.remote?.map(({ address }) => address),
    ['partner@elsewhere.example'],
  );
  await client.close();
});

test('SMTP notices mail that comes back by its own Delivered-To, whatever the case', async (t) => {
  const { mx, store } = await startTestSmtp(t, { outgoing: new FakeOutgoing(false) });
  const client = await greeted(mx);
  const to = ['MAIL FROM:<a@world.example>', 'RCPT TO:<mixed@office.example>'];
  assert.match(await send(client, to), /^250 /);
  const first = store.deliveries[0]?.text ?? '';
  assert.match(first, /^Return-Path: .*\r\nDelivered-To: mixed@office\.example\r\n/);
  // The forwarded copy is sent back to us.
  const returned = `Received: from elsewhere\r\n${first.replace(/^Return-Path.*\r\n/, '')}`.replace(
    /\r\n$/,
    '',
  );
  assert.match(
    await send(client, to, returned),
    /^554 5\.4\.6 The message is in a loop: it has been delivered to <mixed@office\.example> before\r\n$/,
  );
  assert.match(await send(client, to, returned.replace('mixed@office', 'MIXED@Office')), /^554 5\.4\.6 /);
  assert.match(await send(client, ['MAIL FROM:<>', 'RCPT TO:<bob@office.example>'], returned), /^250 /);
  assert.match(await send(client, to, `Subject: x\r\n\r\n${returned}`), /^250 /);
  await client.close();
});

test('SMTP names a single group in Delivered-To, and none of several recipients', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await greeted(mx);
  await send(client, ['MAIL FROM:<a@world.example>', 'RCPT TO:<All@office.example>']);
  await send(client, [
    'MAIL FROM:<a@world.example>',
    'RCPT TO:<alice@office.example>',
    'RCPT TO:<bob@office.example>',
  ]);
  assert.match(store.deliveries[0]?.text ?? '', /\r\nDelivered-To: All@office\.example\r\n/);
  assert.doesNotMatch(store.deliveries[1]?.text ?? '', /Delivered-To|\tfor </);
  await client.close();
});

test('SMTP offers DSN where mail goes out, and hands on what the sender wants to be told (RFC 3461 §4)', async (t) => {
  const { mx, store } = await startTestSmtp(t, { outgoing: new FakeOutgoing(true) });
  const client = await greeted(mx);
  assert.match(await client.ask('EHLO again.example', /^250 .*\r\n/m), /\r\n250-DSN\r\n/);
  await send(client, [
    'MAIL FROM:<a@world.example> RET=HDRS ENVID=QQ+2B314',
    'RCPT TO:<x@far.example> NOTIFY=success,DELAY ORCPT=rfc822;Bob+2Bx@far.example',
    'RCPT TO:<y@far.example> NOTIFY=NEVER',
    'RCPT TO:<z@far.example>',
  ]);
  assert.deepEqual(store.deliveries[0]?.envelope, {
    sender: 'a@world.example',
    users: [],
    remote: [
      {
        address: 'x@far.example',
        notify: ['success', 'delay'],
        originalRecipient: 'rfc822;Bob+2Bx@far.example',
      },
      { address: 'y@far.example', notify: [], originalRecipient: undefined },
      { address: 'z@far.example', notify: undefined, originalRecipient: undefined },
    ],
    envelopeId: 'QQ+2B314',
    returns: 'headers',
  });
  await client.close();
});

test('SMTP refuses wishes that cannot be read (RFC 3461 §4)', async (t) => {
  const { mx } = await startTestSmtp(t, { outgoing: new FakeOutgoing(true) });
  const client = await greeted(mx);
  for (const parameters of [
    'RET=ALL',
    'RET',
    'RET=FULL RET=FULL',
    'ENVID=a=b',
    'ENVID=+zz',
    'ENVID=a+0D+0Ab',
    'ENVID=',
    `ENVID=${'x'.repeat(101)}`,
  ]) {
    assert.match(
      await client.ask(`MAIL FROM:<a@world.example> ${parameters}`, ONE_LINE),
      /^501 5\.5\.4 /,
      parameters,
    );
  }
  await client.ask('MAIL FROM:<a@world.example>', /^250 .*\r\n/);
  for (const parameters of [
    'NOTIFY',
    'NOTIFY=ALWAYS',
    'NOTIFY=NEVER,DELAY',
    'NOTIFY=DELAY NOTIFY=DELAY',
    'ORCPT=x@far.example',
    'ORCPT=rfc822;a=b',
    'ORCPT=rfc822;a+0Ab',
    'ORCPT=rfc822;',
    `ORCPT=rfc822;${'x'.repeat(500)}`,
  ]) {
    assert.match(
      await client.ask(`RCPT TO:<x@far.example> ${parameters}`, ONE_LINE),
      /^501 5\.5\.4 /,
      parameters,
    );
  }
  await client.close();
});

test('SMTP has the success of delivery here reported once the message is stored (RFC 3461 §5.2.3)', async (t) => {
  const outgoing = new FakeOutgoing(false);
  const { mx, store } = await startTestSmtp(t, { outgoing });
  const client = await greeted(mx);
  const to = 'RCPT TO:<alice+x@office.example> NOTIFY=SUCCESS ORCPT=rfc822;a@old.example';
  store.failWith = new Error('broken');
  assert.match(await send(client, ['MAIL FROM:<a@world.example> ENVID=7', to]), /^451 /);
  store.failWith = undefined;
  assert.equal(outgoing.reports.length, 0);
  await send(client, ['MAIL FROM:<a@world.example> ENVID=7 RET=FULL', to, 'RCPT TO:<bob@office.example>']);
  await send(client, ['MAIL FROM:<>', to]);
  const [report, another] = outgoing.reports;
  assert.equal(another, undefined);
  assert.deepEqual([report?.sender, report?.envelopeId, report?.returns], ['a@world.example', '7', 'full']);
  assert.deepEqual(report?.recipients, [
    { address: 'alice+x@office.example', originalRecipient: 'rfc822;a@old.example', action: 'delivered' },
  ]);
  await client.close();
});

test('SMTP refuses at RCPT what does not fit into the mailbox, by the size that MAIL announces', async (t) => {
  const { mx, store } = await startTestSmtp(t, { room: (user) => (user === 'alice' ? 1000 : 0) });
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<a@world.example> SIZE=1001', /^250 .*\r\n/);
  assert.match(
    await client.ask('RCPT TO:<alice@office.example>', ONE_LINE),
    /^452 4\.2\.2 The message does not fit into the mailbox <alice@office\.example>\r\n$/,
  );
  await client.ask('RSET', /^250 .*\r\n/);
  await client.ask('MAIL FROM:<a@world.example> SIZE=1000', /^250 .*\r\n/);
  await client.ask('RCPT TO:<alice@office.example>', /^250 .*\r\n/);
  assert.match(await client.ask('RCPT TO:<bob@office.example>', ONE_LINE), /^452 4\.2\.2 /);
  store.failWith = new QuotaError('full', ['alice']);
  await client.ask('DATA', /^354 .*\r\n/);
  assert.match(await client.ask('\r\nx\r\n.', ONE_LINE), /^452 4\.2\.2 /);
  assert.equal(store.deliveries.length, 0);
  await client.close();
});

test('SMTP gives a message to those of a group who have room, and returns it for those who have none', async (t) => {
  const outgoing = new FakeOutgoing(false);
  const room = (user: string): number => (user === 'bob' ? 0 : 1000);
  const { mx, store, log } = await startTestSmtp(t, { outgoing, room });
  store.full.add('bob');
  const client = await greeted(mx);
  const envelope = ['MAIL FROM:<a@world.example> ENVID=e7', 'RCPT TO:<all@office.example>'];
  assert.match(await send(client, envelope), /^250 /);
  assert.deepEqual(
    store.deliveries.map((one) => one.envelope.users),
    [['alice']],
  );
  const [failure] = outgoing.failures;
  assert.deepEqual(
    [failure?.sender, failure?.envelopeId, failure?.recipients],
    ['a@world.example', 'e7', [{ address: 'all@office.example', originalRecipient: undefined }]],
  );
  assert.match(log.text, /for alice, not bob \(the mailbox is full\)/);
  await send(client, ['MAIL FROM:<a@world.example>', 'RCPT TO:<all@office.example> NOTIFY=NEVER']);
  assert.deepEqual([store.deliveries.length, outgoing.failures.length], [2, 1]);
  // A sender that anybody may have named is sent nothing that anybody may have written.
  await send(client, ['MAIL FROM:<a@world.example> RET=FULL', 'RCPT TO:<all@office.example>']);
  assert.equal(outgoing.failures.at(-1)?.returns, 'headers');
  // One who is named alone is refused alone.
  await client.ask('MAIL FROM:<a@world.example>', /^250 .*\r\n/);
  await client.ask('RCPT TO:<alice@office.example>', /^250 .*\r\n/);
  assert.match(await client.ask('RCPT TO:<bob@office.example>', ONE_LINE), /^452 4\.2\.2 /);
  await client.close();
});

test('SMTP puts a message off whose last recipient with room has none any more, or that cannot be returned', async (t) => {
  const { mx, store } = await startTestSmtp(t, { outgoing: new FakeOutgoing(false) });
  for (const user of ['alice', 'bob']) store.full.add(user);
  const client = await greeted(mx);
  const envelope = ['MAIL FROM:<a@world.example>', 'RCPT TO:<all@office.example>'];
  assert.match(await send(client, envelope), /^452 4\.2\.2 /);
  await client.close();
  const mute = await startTestSmtp(t);
  mute.store.full.add('bob');
  const other = await greeted(mute.mx);
  assert.match(await send(other, envelope), /^452 4\.2\.2 /);
  assert.equal(store.deliveries.length + mute.store.deliveries.length, 0);
  await other.close();
});

test('SMTP says 451 for an alias that leads too far, so that no mail is lost before the owner has mended it', async (t) => {
  const aliases = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`a${n}`, [`a${n + 1}`]]));
  const directory = { users: ['alice'], domains: ['office.example'], aliases };
  const { mx } = await startTestSmtp(t, { directory });
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<a@world.example>', /^250 .*\r\n/);
  assert.match(await client.ask('RCPT TO:<a0@office.example>', ONE_LINE), /^451 4\.3\.5 /);
  await client.close();
});

test('SMTP bounds the copies of one message that go out', async (t) => {
  const members = (from: number): string[] =>
    Array.from({ length: 400 }, (_, n) => `x${from + n}@far.example`);
  const aliases = { a: members(0), b: members(400), c: members(800) };
  const directory = { users: ['alice'], domains: ['office.example'], aliases };
  const { mx, store } = await startTestSmtp(t, { directory, outgoing: new FakeOutgoing(false) });
  const client = await greeted(mx);
  const [from, ...to] = [
    'MAIL FROM:<a@world.example>',
    ...['a', 'b', 'c'].map((name) => `RCPT TO:<${name}@office.example>`),
  ];
  assert.match(await send(client, [from ?? '', ...to]), /^452 4\.5\.3 /);
  assert.match(await send(client, [from ?? '', ...to.slice(1)]), /^250 /);
  assert.equal(store.deliveries[0]?.envelope.remote?.length, 800);
  await client.close();
});

test('submission takes no mail of a person who was removed after the login', async (t) => {
  const { submissions, service, store } = await startTestSmtp(t);
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(/^220 .*\r\n/);
  await client.ask('EHLO laptop', /^250 .*\r\n/m);
  const login = Buffer.from('\0alice\0se cret').toString('base64');
  await client.ask(`AUTH PLAIN ${login}`, /^235 .*\r\n/);
  await send(client, ['MAIL FROM:<alice@office.example>', 'RCPT TO:<bob@office.example>']);
  service.setDirectory({ users: ['bob'], domains: ['office.example'], aliases: {} });
  assert.match(await client.ask('MAIL FROM:<alice@office.example>', ONE_LINE), /^530 5\.7\.0 /);
  assert.equal(store.deliveries.length, 1);
  await client.close();
});
