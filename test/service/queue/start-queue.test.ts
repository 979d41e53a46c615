import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { SessionError } from '../../../src/port/smtp-client.ts';
import { FakeSmtpClient } from '../../fake/fake-smtp-client.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { TestQueue } from './running-queue.ts';

const ELSEWHERE = 'elsewhere.example';

/** One domain with one good host. */
async function startWithHost(options: Parameters<typeof TestQueue.start>[0] = {}): Promise<TestQueue> {
  const queue = await TestQueue.start(options);
  queue.names.domain(ELSEWHERE, '10 mx.elsewhere.example 192.0.2.1');
  queue.client.peers.set('192.0.2.1', {});
  return queue;
}

test('mail goes out at once, in one transaction for all recipients of a domain, without its Return-Path (RFC 5321 section 4.4)', async () => {
  const queue = await startWithHost();
  await queue.accept('one', [`ann@${ELSEWHERE}`, `bob@${ELSEWHERE}`]);
  await queue.quiet();
  assert.deepEqual(queue.client.dials, ['mx.elsewhere.example opportunistic']);
  assert.deepEqual(
    queue.client.received.map(({ recipient, sender }) => [recipient, sender]),
    [
      [`ann@${ELSEWHERE}`, 'alice@office.example'],
      [`bob@${ELSEWHERE}`, 'alice@office.example'],
    ],
  );
  assert.match(queue.client.received[0]?.text ?? '', /^Received: /);
  assert.equal((await queue.service.view()).total, 0);
});

test('a session is used again for the next message to the same destination', async () => {
  const queue = await startWithHost({ limits: { attemptsPerDestination: 1 } });
  for (const subject of ['one', 'two', 'three']) await queue.accept(subject, [`ann@${ELSEWHERE}`]);
  await queue.pass(Seconds(1), Seconds(1));
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['one', 'two', 'three']);
  assert.equal(queue.client.dials.length, 1);
});

test('the attempt is on record before anybody is dialled', async () => {
  const queue = await startWithHost();
  const seen: number[] = [];
  queue.client.onStep = async (step) => {
    if (step === 'open') seen.push(...queue.store.queue.entries().map(({ attempts }) => attempts));
  };
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  assert.deepEqual(seen, [1]);
});

test('what is deferred is tried after 5 minutes, then twice as long up to 4 hours, for 5 days; then its sender gets it back', async () => {
  const queue = await startWithHost();
  const times: number[] = [];
  const start = queue.clock.wallTime();
  queue.client.peers.set('192.0.2.1', {
    answer: () => {
      times.push((queue.clock.wallTime() - start) / 60_000);
      return 'defer';
    },
  });
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.pass(Days(6), Minutes(5));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const wanted = [5, 10, 20, 40, 80];
  for (const [index, minutes] of wanted.entries()) {
    const gap = gaps[index] ?? 0;
    assert.ok(gap >= (minutes * 7) / 8 && gap <= (minutes * 9) / 8, `${minutes} minutes wanted, not ${gap}`);
  }
  assert.ok(Math.max(...gaps) <= 270, `${Math.max(...gaps)} minutes`);
  assert.equal(Math.round((times.at(-1) ?? 0) / 60 / 24), 5);
  const [delay = '', bounce = '', ...others] = await queue.mailbox('alice');
  assert.deepEqual(others, []);
  assert.match(delay, /Subject: Your message is delayed\r\n/);
  assert.match(delay, /Action: delayed\r\nStatus: 4\.2\.0\r\n/);
  assert.match(delay, /Will-Retry-Until: Tue, 20 Jan 2026 12:00:00 \+0000/);
  assert.match(bounce, /Action: failed\r\nStatus: 4\.4\.7\r\n/);
  assert.match(bounce, /Diagnostic-Code: smtp; 450 4\.2\.0 Come back later/);
  assert.equal((await queue.service.view()).total, 0);
});

test('the delay notice comes when the message is 4 hours old, once', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: () => 'defer' });
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.pass(Minutes(235), Minutes(5));
  assert.deepEqual(await queue.mailbox('alice'), []);
  await queue.pass(Minutes(10), Minutes(5));
  assert.equal((await queue.mailbox('alice')).length, 1);
  await queue.pass(Days(2));
  assert.equal((await queue.mailbox('alice')).length, 1);
});

test('a refusal for good is returned at once, with what the host said (RFC 3464)', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: (who) => (who.startsWith('ann') ? 'fail' : 'deliver') });
  await queue.accept('one', [`ann@${ELSEWHERE}`, `bob@${ELSEWHERE}`], { envelopeId: 'QQ+2B1' });
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(`bob@${ELSEWHERE}`), ['one']);
  const [bounce = ''] = await queue.mailbox('alice');
  assert.match(
    bounce,
    /^Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@office\.example>\r\nTo: <alice@office\.example>\r\n/,
  );
  assert.match(bounce, /Original-Envelope-Id: QQ\+1\r\nReporting-MTA: dns; mail\.office\.example\r\n/);
  assert.match(
    bounce,
    /Final-Recipient: rfc822; ann@elsewhere\.example\r\nAction: failed\r\nStatus: 5\.1\.1\r\nRemote-MTA: dns; mx\.elsewhere\.example\r\n/,
  );
  assert.match(bounce, /Content-Type: text\/rfc822-headers\r\n/);
  assert.doesNotMatch(bounce, /bob@/);
  assert.doesNotMatch(bounce, /Hello\./);
});

test('a failed notice is not returned but told to the postmaster; nobody is told of its delay', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: () => 'fail' });
  await queue.accept('notice', [`ann@${ELSEWHERE}`], { sender: '' });
  await queue.pass(Hours(6));
  assert.deepEqual(await queue.mailbox('alice'), []);
  const [report = '', ...others] = await queue.mailbox('postmaster');
  assert.match(report, /Subject: A notice could not be delivered/);
  assert.deepEqual(others, []);
});

test('a bounce to a sender elsewhere goes through the queue; if that fails, too, it ends at the postmaster', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: () => 'fail' });
  await queue.accept('forwarded', [`ann@${ELSEWHERE}`], { sender: `bob@${ELSEWHERE}` });
  await queue.pass(Minutes(1), Seconds(10));
  assert.equal((await queue.service.view()).total, 0);
  assert.equal((await queue.mailbox('postmaster')).length, 1);
});

test('NOTIFY is honoured: NEVER is told nothing, SUCCESS is told by a host with DSN or by us (RFC 3461 section 5.2)', async () => {
  const queue = await startWithHost();
  queue.names.domain('modern.example', '10 mx.modern.example 192.0.2.2');
  queue.client.peers.set('192.0.2.1', { answer: (who) => (who.startsWith('no') ? 'fail' : 'deliver') });
  queue.client.peers.set('192.0.2.2', { hasDsn: true });
  await queue.accept('one', [
    { address: `nobody@${ELSEWHERE}`, notify: [] },
    {
      address: `ann@${ELSEWHERE}`,
      notify: ['success', 'failure'],
      originalRecipient: 'rfc822;ann+2Bx@office.example',
    },
    { address: 'ann@modern.example', notify: ['success'] },
  ]);
  await queue.pass(Seconds(5), Seconds(1));
  const [receipt = '', ...others] = await queue.mailbox('alice');
  assert.deepEqual(others, []);
  assert.match(
    receipt,
    /Original-Recipient: rfc822; ann\+x@office\.example\r\nFinal-Recipient: rfc822; ann@elsewhere\.example\r\nAction: relayed\r\nStatus: 2\.0\.0\r\n/,
  );
});

test('reportFailure() returns a message for a full mailbox, into a full mailbox too; that of the null sender to the postmaster', async () => {
  const queue = await startWithHost();
  queue.store.setQuotas(() => 0);
  const about = { envelopeId: undefined, returns: undefined, time: queue.clock.wallTime() } as const;
  const message = Buffer.from('Subject: x\r\n\r\nHello.\r\n');
  const recipients = [{ address: 'all@office.example', originalRecipient: undefined }];
  for (const sender of ['alice@office.example', ''])
    await queue.service.reportFailure({ ...about, sender, message, recipients });
  for (const user of ['alice', 'postmaster']) {
    const [report = '', ...others] = await queue.mailbox(user);
    assert.deepEqual(others, []);
    assert.match(
      report,
      /Final-Recipient: rfc822; all@office\.example\r\nAction: failed\r\nStatus: 5\.2\.2\r\n/,
    );
  }
});

test('troubles() names a destination whose mail waits for hours, with the reason, until it goes', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: () => 'defer' });
  await queue.accept('late', [`ann@${ELSEWHERE}`]);
  await queue.pass(Hours(3));
  assert.deepEqual(await queue.service.troubles(), []);
  await queue.pass(Hours(2));
  const [trouble, ...others] = await queue.service.troubles();
  assert.deepEqual(others, []);
  assert.equal(trouble?.isSevere, false);
  assert.match(
    trouble.reason,
    /^A message for elsewhere\.example has been waiting for [45] hours: 450 4\.2\.0 Come back later/,
  );
  queue.client.peers.set('192.0.2.1', {});
  await queue.pass(Hours(6));
  assert.deepEqual(await queue.service.troubles(), []);
});

test('RET=FULL returns the whole message', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: () => 'fail' });
  await queue.accept('one', [`ann@${ELSEWHERE}`], { returns: 'full' });
  await queue.quiet();
  assert.match(
    (await queue.mailbox('alice'))[0] ?? '',
    /Content-Type: message\/rfc822\r\n[^]*\r\nHello\.\r\n/,
  );
});

test('a dead host is dialled once a pause, not once a message, and every message says why it waits', async () => {
  const queue = await startWithHost();
  queue.client.peers.delete('192.0.2.1');
  for (let count = 0; count < 20; count++) await queue.accept(`m${count}`, [`ann@${ELSEWHERE}`]);
  await queue.pass(Minutes(4), Minutes(1));
  // Some were under way together when the first of them found out.
  assert.ok(queue.client.dials.length <= 3, `${queue.client.dials.length} dials`);
  const { entries, destinations } = await queue.service.view();
  assert.deepEqual([...new Set(entries.map(({ reason }) => reason))], ['4.4.1 No answer']);
  assert.equal(destinations[0]?.problem, '4.4.1 No answer');
  const before = queue.client.dials.length;
  await queue.pass(Hours(24), Minutes(5));
  assert.ok(queue.client.dials.length - before < 20, `${queue.client.dials.length - before} dials in a day`);
  queue.client.peers.set('192.0.2.1', {});
  await queue.pass(Hours(9), Minutes(5));
  assert.equal(queue.client.received.length, 20);
});

test('destinations take turns: one with much mail does not hold up the others, nor use more than its connections', async () => {
  const queue = await startWithHost({ limits: { attempts: 4, attemptsPerDestination: 2 } });
  queue.names.domain('small.example', '10 mx.small.example 192.0.2.2');
  queue.client.peers.set('192.0.2.2', {});
  const gate = Promise.withResolvers<void>();
  let open = 0;
  queue.client.onStep = async (step) => {
    if (step === 'open') open++;
    if (step === 'send') await gate.promise;
  };
  for (let count = 0; count < 30; count++) await queue.accept(`m${count}`, [`ann@${ELSEWHERE}`]);
  await queue.accept('small', ['bob@small.example']);
  await queue.pass(Seconds(2), Seconds(1));
  assert.equal(open, 3);
  gate.resolve();
  await queue.pass(Seconds(30), Seconds(1));
  assert.equal(queue.client.received.length, 31);
  const place = queue.client.received.findIndex(({ recipient }) => recipient === 'bob@small.example');
  assert.ok(place < 6, `came as number ${place}`);
});

test('without the Internet nothing is dialled; its return makes everything due at once', async () => {
  const queue = await startWithHost();
  queue.service.setUplink(false);
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.pass(Hours(3));
  assert.deepEqual(queue.client.dials, []);
  const { isOnline, entries } = await queue.service.view();
  assert.equal(isOnline, false);
  assert.equal(entries[0]?.reason, '4.4.1 there is no Internet connection');
  queue.service.setUplink(true);
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['one']);
});

test('the return of the Internet does not wait for a minute because it came back before, when there was nothing to send', async () => {
  const queue = await startWithHost();
  queue.service.setUplink(false);
  queue.service.setUplink(true);
  queue.service.setUplink(false);
  await queue.quiet();
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  queue.service.setUplink(true);
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['one']);
});

test('mail that waits for the Internet for days: its sender is told after 4 hours, and gets it back after 5 days', async () => {
  const queue = await startWithHost();
  queue.service.setUplink(false);
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.pass(Hours(5));
  assert.match((await queue.mailbox('alice'))[0] ?? '', /Subject: Your message is delayed/);
  await queue.pass(Days(5));
  assert.match((await queue.mailbox('alice'))[1] ?? '', /Action: failed\r\nStatus: 4\.4\.7\r\n/);
  assert.deepEqual(queue.client.dials, []);
  assert.equal((await queue.service.view()).total, 0);
});

test('all of many messages for a dead host end after 5 days, though few of them were ever dialled for', async () => {
  const queue = await startWithHost();
  queue.client.peers.delete('192.0.2.1');
  for (let count = 0; count < 60; count++) await queue.accept(`m${count}`, [`ann@${ELSEWHERE}`]);
  await queue.pass(Days(6), Minutes(30));
  assert.equal((await queue.service.view()).total, 0);
  assert.equal((await queue.mailbox('alice')).filter((text) => text.includes('Action: failed')).length, 60);
});

test('a connection that comes and goes makes everything due once a minute at most', async () => {
  const queue = await startWithHost();
  queue.client.peers.delete('192.0.2.1');
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  for (let turn = 0; turn < 20; turn++) {
    queue.service.setUplink(false);
    queue.service.setUplink(true);
    await queue.pass(Seconds(3), Seconds(3));
  }
  assert.ok(queue.client.dials.length <= 3, `${queue.client.dials.length} dials`);
});

test('mail through a smart host is tried whether there is an Internet connection or not: it may stand in the office', async () => {
  const smart = {
    host: '192.0.2.9',
    port: 587,
    security: 'starttls',
    verify: true,
    login: undefined,
  } as const;
  const queue = await TestQueue.start({ queue: { rules: [{ from: [], to: [], via: [smart] }] } });
  queue.client.peers.set('192.0.2.9', {});
  queue.service.setUplink(false);
  await queue.accept('one', [`ann@${ELSEWHERE}`, 'bob@other.example']);
  await queue.quiet();
  assert.deepEqual(queue.client.dials, ['192.0.2.9 starttls']);
  assert.equal(queue.client.received.length, 2);
});

test('a clock that learns late what day it is neither ends fresh mail nor puts it off for years', async () => {
  const queue = await startWithHost();
  queue.client.peers.delete('192.0.2.1');
  queue.clock.setWallTime(Timestamp(Date.UTC(1970, 0, 1, 1)));
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  queue.clock.setWallTime(Timestamp(Date.UTC(2036, 0, 1)));
  await queue.pass(Hours(1), Minutes(5));
  assert.equal((await queue.service.view()).total, 1);
  assert.deepEqual(await queue.mailbox('alice'), []);
  queue.clock.setWallTime(Timestamp(Date.UTC(2026, 0, 1)));
  queue.client.peers.set('192.0.2.1', {});
  await queue.pass(Hours(10), Minutes(30));
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['one']);
});

test('the owner holds, releases, retries, returns and deletes messages', async () => {
  const queue = await startWithHost();
  queue.client.peers.set('192.0.2.1', { answer: () => 'defer' });
  for (const subject of ['held', 'returned', 'deleted', 'retried'])
    await queue.accept(subject, [`ann@${ELSEWHERE}`]);
  await queue.pass(Seconds(1), Seconds(1));
  const ids = (await queue.service.view()).entries.map(({ id }) => id);
  const [held = 0, returned = 0, deleted = 0, retried = 0] = ids;
  await queue.service.act('hold', held);
  await queue.service.act('bounce', returned);
  await queue.service.act('delete', deleted);
  queue.client.peers.set('192.0.2.1', {});
  await queue.service.act('retry', retried);
  await queue.pass(Seconds(1), Seconds(1));
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['retried']);
  assert.match((await queue.mailbox('alice'))[0] ?? '', /The owner of this server has returned the message/);
  await queue.pass(Days(1));
  const [only, ...others] = (await queue.service.view()).entries;
  assert.deepEqual([only?.id, only?.state, only?.nextAttempt, others.length], [held, 'held', null, 0]);
  assert.deepEqual(
    queue.service.history(held).map(({ what }) => what),
    ['deferred', 'held'],
  );
  await queue.service.act('release', held);
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['retried', 'held']);
  await assert.rejects(queue.service.act('hold', held), /Cannot find message \d+ in the queue/);
});

test('hosts are tried in turn within an attempt, and encryption that fails is done without once', async () => {
  const queue = await TestQueue.start();
  queue.names.domain(ELSEWHERE, '20 second.example 192.0.2.2', '10 first.example 192.0.2.1');
  queue.client.peers.set('192.0.2.2', {
    open: ({ tls }) =>
      tls === 'none'
        ? undefined
        : new SessionError({ code: 0, enhanced: '4.7.5', text: 'Bad certificate' }, true),
  });
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  assert.deepEqual(queue.client.dials, [
    'first.example opportunistic',
    'second.example opportunistic',
    'second.example none',
  ]);
  assert.equal(queue.client.received[0]?.host, 'second.example');
});

for (const { name, records, status } of [
  { name: 'null MX (RFC 7505)', records: ['0 .'], status: '5.1.10' },
  { name: 'a domain that does not exist', records: [], status: '5.1.2' },
  {
    name: 'this host itself as the best (RFC 5321 section 5.1)',
    records: ['10 mail.office.example 192.0.2.7', '20 other.example 192.0.2.1'],
    status: '5.4.6',
  },
  { name: 'hosts without addresses', records: ['10 nowhere.example'], status: '5.4.4' },
]) {
  test(`${name} is returned at once with ${status}`, async () => {
    const queue = await TestQueue.start();
    if (records.length > 0) queue.names.domain(ELSEWHERE, ...records);
    queue.client.peers.set('192.0.2.1', {});
    await queue.accept('one', [`ann@${ELSEWHERE}`]);
    await queue.quiet();
    assert.deepEqual(queue.client.dials, []);
    assert.match(
      (await queue.mailbox('alice'))[0] ?? '',
      new RegExp(`Status: ${status.replaceAll('.', '\\.')}\\r`),
    );
  });
}

test('hosts as good as this one or worse are not tried (RFC 5321 section 5.1), better ones are', async () => {
  const queue = await TestQueue.start();
  queue.names.domain(
    ELSEWHERE,
    '10 better.example 192.0.2.1',
    '20 mail.office.example 192.0.2.7',
    '20 same.example 192.0.2.2',
    '30 worse.example 192.0.2.3',
  );
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  assert.deepEqual(queue.client.dials, ['better.example opportunistic']);
});

test('a restart forgets nothing and repeats nothing', async () => {
  const files = new MemoryFiles();
  const client = new FakeSmtpClient();
  const first = await startWithHost({ files, client });
  client.peers.set('192.0.2.1', { answer: (who) => (who.startsWith('ann') ? 'deliver' : 'defer') });
  await first.accept('one', [`ann@${ELSEWHERE}`, `bob@${ELSEWHERE}`]);
  await first.quiet();
  const closing = first.service.close();
  await first.pass(Seconds(10), Seconds(10));
  await closing;
  client.peers.set('192.0.2.1', {});
  const second = await TestQueue.start({ files, client, clock: first.clock, names: first.names });
  await second.pass(Minutes(10), Minutes(1));
  assert.deepEqual(second.receivedBy(`ann@${ELSEWHERE}`), ['one']);
  assert.deepEqual(second.receivedBy(`bob@${ELSEWHERE}`), ['one']);
});
