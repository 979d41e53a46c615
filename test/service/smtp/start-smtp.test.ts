import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds } from '../../../src/base/duration.ts';
import { StoreFullError } from '../../../src/port/mailbox.ts';
import { DEFAULT_SMTP_LIMITS } from '../../../src/service/smtp/limits.ts';
import { LineClient } from '../../fake/line-client.ts';
import { atData, greeted, startTestSmtp } from './running-smtp.ts';

const BOUNDLESS = {
  connections: 1000,
  connectionsPerMinute: 10_000,
  commandsPerMinute: 100_000,
  messagesPerMinute: 10_000,
  errors: 10_000,
};
const ONE_LINE = /^\d{3}[ ].*\r\n/;
const PLAIN = Buffer.from('\0alice\0se cret').toString('base64');

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test('SMTP greets with its name and offers what it can', async (t) => {
  const { mx, submission } = await startTestSmtp(t);
  const client = await LineClient.connect(mx);
  assert.equal(await client.expect(/^220 .*\r\n/), '220 mail.office.example ESMTP\r\n');
  const offers = await client.ask('EHLO x.example', /^250 .*\r\n/m);
  assert.deepEqual(
    offers.split('\r\n').map((line) => line.slice(4)),
    [
      'mail.office.example greets you',
      'PIPELINING',
      '8BITMIME',
      'SMTPUTF8',
      'ENHANCEDSTATUSCODES',
      'STARTTLS',
      'SIZE 26214400',
      '',
    ],
  );
  const login = await LineClient.connect(submission);
  await login.expect(/^220 /);
  assert.doesNotMatch(await login.ask('EHLO x.example', /^250 .*\r\n/m), /AUTH/);
  await login.ask('STARTTLS', /^220 .*\r\n/m);
  await login.startTls();
  assert.match(await login.ask('EHLO x.example', /^250 .*\r\n/m), /^250-AUTH PLAIN LOGIN\r\n/m);
  await Promise.all([client.close(), login.close()]);
});

test('SMTP stores a message with its trace fields before it says 250, byte for byte', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const [gate, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const deliver = store.deliver.bind(store);
  store.deliver = async (envelope, content) => {
    held.resolve();
    await gate.promise;
    await deliver(envelope, content);
  };
  const client = await atData(mx, 'Alice+shop@OFFICE.example');
  const message = 'Subject: x\r\n\r\n.dot\r\n..\r\ngr\xfc\xdfe\t\r\n\r\n';
  client.send(`${message.replaceAll('\r\n.', '\r\n..')}.\r\n`);
  client.send('NOOP\r\n');
  await held.promise;
  assert.equal(client.received, '');
  gate.resolve();
  assert.match(await client.expect(ONE_LINE), /^250 2\.6\.0 Stored as [0-9a-v]+\.1\r\n$/);
  assert.match(await client.expect(ONE_LINE), /^250 2\.0\.0 /);
  const [delivery] = store.deliveries;
  assert.deepEqual(delivery?.envelope, { sender: 'x@world.example', users: ['alice'] });
  const at = delivery?.text.indexOf('Subject: ') ?? -1;
  assert.equal(delivery?.text.slice(at), message);
  assert.match(
    delivery?.text.slice(0, at) ?? '',
    /^Return-Path: <x@world\.example>\r\nDelivered-To: Alice\+shop@office\.example\r\nReceived: from client\.world\.example \(\[127\.0\.0\.1\]\)\r\n\tby mail\.office\.example with ESMTP\r\n\tid [0-9a-v]+\.1\r\n\tfor <Alice\+shop@office\.example>;\r\n\tThu, 15 Jan 2026 12:00:00 \+0000\r\n$/,
  );
  await client.close();
});

test('SMTP stores one message for all users of a group and of several recipients, each once', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await greeted(mx);
  client.send(
    'MAIL FROM:<>\r\nRCPT TO:<all@office.example>\r\nRCPT TO:<bob@office.example>\r\nRCPT TO:<postmaster>\r\nDATA\r\n',
  );
  await client.expect(/354 .*\r\n/);
  await client.ask('Subject: x\r\n\r\nx\r\n.', /^250 .*\r\n/);
  assert.deepEqual(store.deliveries[0]?.envelope, { sender: '', users: ['alice', 'bob'] });
  const header = store.deliveries[0]?.text.split('Subject')[0] ?? '';
  assert.match(header, /^Return-Path: <>\r\n/);
  assert.doesNotMatch(header, /Delivered-To|for </);
  await client.close();
});

const REFUSED: readonly (readonly [rule: string, command: string, reply: RegExp])[] = [
  [
    'a recipient elsewhere',
    'RCPT TO:<x@elsewhere.example>',
    /^550 5\.7\.1 <x@elsewhere\.example> is not a mailbox of this server, and it does not send mail to other hosts\r\n$/,
  ],
  [
    'a group with a member elsewhere',
    'RCPT TO:<mixed@office.example>',
    /^550 5\.3\.3 .* also goes to a mailbox elsewhere/,
  ],
  [
    'an unknown user',
    'RCPT TO:<dave@office.example>',
    /^550 5\.1\.1 There is no mailbox <dave@office\.example> here\r\n$/,
  ],
  ['a UTF-8 name without SMTPUTF8 (RFC 6531)', 'RCPT TO:<j\xc3\xbcrgen@office.example>', /^553 5\.6\.7 /],
  [
    'an unknown parameter (RFC 5321 §4.1.1.11)',
    'RCPT TO:<alice@office.example> NOTIFY=NEVER',
    /^555 5\.5\.4 The parameter NOTIFY/,
  ],
  [
    'an address with half a domain',
    'RCPT TO:<alice@office.example.>',
    /^501 5\.1\.3 The address cannot be read/,
  ],
  ['an endless address', `RCPT TO:<${'a'.repeat(300)}@office.example>`, /^501 5\.1\.3 /],
  ['a control character in an address', 'RCPT TO:<ali\x1bce@office.example>', /^501 5\.1\.3 /],
  ['a parameter of STARTTLS', 'STARTTLS now', /^501 5\.5\.4 /],
  ['an address that cannot be read', 'RCPT TO:alice', /^501 5\.1\.3 /],
  ['AUTH on the port for other servers', `AUTH PLAIN ${PLAIN}`, /^500 5\.5\.2 /],
  ['BDAT, which is not offered', 'BDAT 10', /^500 5\.5\.2 /],
  ['a wizard', 'WIZ x', /^500 5\.5\.2 /],
  ['a proxy', 'XCLIENT ADDR=192.168.1.1', /^500 5\.5\.2 /],
];

for (const [rule, command, reply] of REFUSED) {
  test(`SMTP refuses ${rule}`, async (t) => {
    const { mx } = await startTestSmtp(t);
    const client = await greeted(mx);
    await client.ask('MAIL FROM:<x@world.example>', ONE_LINE);
    assert.match(await client.ask(command, ONE_LINE), reply);
    await client.close();
  });
}

test('SMTP refuses senders that break the extensions it offers', async (t) => {
  const { mx } = await startTestSmtp(t, { limits: { messageSize: 1000 } });
  const client = await greeted(mx);
  for (const [command, reply] of [
    ['MAIL FROM:<x@world.example> SIZE=1001', /^552 5\.3\.4 /],
    ['MAIL FROM:<x@world.example> RET=FULL', /^555 5\.5\.4 /],
    ['MAIL FROM:<x@world.example> AUTH=<>', /^555 5\.5\.4 /],
    ['MAIL FROM:<j\xc3\xbcrgen@world.example>', /^553 5\.6\.7 /],
    ['MAIL FROM:<j\xfcrgen@world.example> SMTPUTF8', /^553 5\.6\.7 /],
    ['MAIL FROM:<x@world.example> SIZE=1000 BODY=8BITMIME', /^250 2\.1\.0 /],
  ] as const) {
    assert.match(await client.ask(command, ONE_LINE), reply, command);
  }
  await client.close();
});

test('SMTP takes the odd senders that machines of an office have, and nothing that is no address', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  for (const [sender, reply] of [
    ['ilo.@office.example', /^250 /],
    ['a..b@my_pc', /^250 /],
    ['x@[192.0.2.1]', /^250 /],
    ['x@evil)by', /^501 5\.1\.7 /],
    ['x@a..b', /^501 5\.1\.7 /],
    [`${'x'.repeat(300)}@a.example`, /^501 5\.1\.7 /],
  ] as const) {
    const client = await greeted(mx);
    assert.match(await client.ask(`MAIL FROM:<${sender}>`, ONE_LINE), reply, sender);
    await client.close();
  }
  assert.equal(store.deliveries.length, 0);
});

test('SMTP never obeys plaintext put behind STARTTLS (RFC 3207 §6)', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await greeted(mx);
  client.send('STARTTLS\r\nMAIL FROM:<forged@world.example>\r\nRCPT TO:<alice@office.example>\r\n');
  await client.expect(/^220 .*\r\n/);
  await client.startTls();
  await client.ask('EHLO client.world.example', /^250 .*\r\n/m);
  assert.match(await client.ask('DATA', ONE_LINE), /^503 /);
  await client.close();
  assert.equal(store.deliveries.length, 0);
});

test('SMTP shows a web page that talks to it the door', async (t) => {
  const { mx } = await startTestSmtp(t);
  const client = await LineClient.connect(mx);
  await client.expect(/^220 .*\r\n/);
  client.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<x@y>\r\n');
  assert.match(await client.rest(), /^421 [^\r]*\r\n$/);
});

test('SMTP knows its domains in both forms and writes senders in the form of the DNS', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<x@xn--bcher-kva.example>', /^250 .*\r\n/);
  await client.ask('RCPT TO:<alice@xn--bro-hoa.example>', /^250 2\.1\.5 .*\r\n/);
  await client.ask('RCPT TO:<alice@b\xc3\xbcro.example>', /^250 2\.1\.5 .*\r\n/);
  await client.ask('DATA', /354 .*\r\n/);
  await client.ask('\r\nx\r\n.', /^250 2\.6\.0 .*\r\n/);
  assert.equal(store.deliveries[0]?.envelope.sender, 'x@xn--bcher-kva.example');
  assert.match(store.deliveries[0]?.text ?? '', /^Return-Path: <x@xn--bcher-kva\.example>\r\n/);
  await client.close();
});

test('SMTP takes a UTF-8 sender under SMTPUTF8 and says so in Received (RFC 6531 §4.3)', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<j\xc3\xbcrgen@world.example> SMTPUTF8', /^250 .*\r\n/);
  await client.ask('RCPT TO:<alice@office.example>', /^250 .*\r\n/);
  await client.ask('DATA', /354 .*\r\n/);
  await client.ask('\r\nx\r\n.', /^250 .*\r\n/);
  assert.match(
    store.deliveries[0]?.text ?? '',
    /^Return-Path: <j\xc3\xbcrgen@world\.example>\r\n[^]* with UTF8SMTP\r\n/,
  );
  await client.close();
});

test('SMTP takes a message with more than 50 Received fields for a loop (RFC 5321 §6.3)', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  for (const [count, reply] of [
    [50, /^250 2\.6\.0 /],
    [51, /^554 5\.4\.6 /],
  ] as const) {
    const client = await atData(mx);
    await client.ask(`${'Received: by x\r\n\t; now\r\n'.repeat(count)}\r\nx\r\n.`, reply);
    await client.close();
  }
  assert.equal(store.deliveries.length, 1);
});

test('SMTP answers 552 to a message that turns out larger than allowed, stores nothing and goes on', async (t) => {
  const { mx, store } = await startTestSmtp(t, { limits: { messageSize: 1000 } });
  const client = await atData(mx);
  await client.ask(`${'x'.repeat(70)}\r\n`.repeat(2000).concat('.'), /^552 5\.3\.4 .*\r\n/);
  await client.ask('MAIL FROM:<x@world.example>', /^250 .*\r\n/);
  assert.equal(store.deliveries.length, 0);
  await client.close();
});

test('SMTP answers 452 when more mail comes in than it may hold, and takes mail again afterwards', async (t) => {
  const limits = { messageSize: 40_000, bufferedOctets: 40_000 };
  const { mx, store } = await startTestSmtp(t, { limits });
  const both = await Promise.all([atData(mx), atData(mx)]);
  for (const client of both) client.send(`${'x'.repeat(20_000)}\r\n`);
  // Which of the two gets the room is a race; one does, the other is told to come back.
  const replies = await Promise.all(both.map((client) => client.ask(`${'y'.repeat(10_000)}\r\n.`, ONE_LINE)));
  assert.deepEqual(replies.map((reply) => reply.slice(0, 9)).toSorted(), ['250 2.6.0', '452 4.3.1']);
  const again = await atData(mx);
  await again.ask(`${'z'.repeat(30_000)}\r\n.`, /^250 .*\r\n/);
  assert.equal(store.deliveries.length, 2);
  await Promise.all([...both, again].map((client) => client.close()));
});

test('SMTP answers 452 when the storage is full and 451 when it fails, and says 250 for neither', async (t) => {
  const { mx, store, log } = await startTestSmtp(t);
  for (const [failure, reply] of [
    [new StoreFullError('no room'), /^452 4\.3\.1 The storage is full/],
    [new Error('the card is broken'), /^451 4\.3\.0 The message cannot be stored now/],
  ] as const) {
    store.failWith = failure;
    const client = await atData(mx);
    await client.ask('\r\nx\r\n.', reply);
    await client.close();
  }
  assert.match(log.text, /Cannot store the message .* for alice: the card is broken/);
});

test('SMTP survives a reset in the middle of a message and stores nothing of it', async (t) => {
  const { mx, store, log } = await startTestSmtp(t);
  const client = await atData(mx);
  client.send(`Subject: x\r\n\r\n${'x'.repeat(100_000)}`);
  await new Promise(setImmediate);
  client.reset();
  await until(() => log.text.includes('broke a message off'));
  const next = await atData(mx);
  await next.ask('\r\nx\r\n.', /^250 .*\r\n/);
  assert.equal(store.deliveries.length, 1);
  await next.close();
});

test('SMTP gives the same answers for every cut of the input', async (t) => {
  const { mx, store } = await startTestSmtp(t, { isLan: () => true, limits: { lan: BOUNDLESS } });
  const script =
    'EHLO a.example\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<all@office.example>\r\nDATA\r\na\r\n..\r\n.\r\nQUIT\r\n';
  const run = async (cut: number): Promise<string> => {
    const client = await LineClient.connect(mx);
    client.socket.setNoDelay(true);
    await client.expect(/^220 .*\r\n/);
    client.send(script.slice(0, cut));
    // The server has seen the first part once it answers something that was asked in it; otherwise the parts just race.
    await new Promise(setImmediate);
    client.send(script.slice(cut));
    return (await client.rest()).replace(/Stored as \S+/, 'Stored');
  };
  const whole = await run(script.length);
  assert.match(whole, /250 2\.6\.0 Stored\r\n221 /);
  const cuts = Array.from({ length: script.length }, (_, cut) => cut);
  for (let first = 0; first < cuts.length; first += 40) {
    const answers = await Promise.all(cuts.slice(first, first + 40).map(run));
    for (const answer of answers) assert.equal(answer, whole);
  }
  assert.ok(store.deliveries.every((one) => one.text.endsWith('>\r\na\r\n.\r\n')));
});

test('submission wants TLS before a login and a login before a sender', async (t) => {
  const { submission, store } = await startTestSmtp(t);
  const client = await greeted(submission);
  assert.match(
    await client.ask('MAIL FROM:<alice@office.example>', ONE_LINE),
    /^530 5\.7\.0 Log in first, after STARTTLS\r\n$/,
  );
  assert.match(await client.ask(`AUTH PLAIN ${PLAIN}`, ONE_LINE), /^538 5\.7\.\d+ /);
  await client.ask('STARTTLS', /^220 .*\r\n/);
  await client.startTls();
  await client.ask('EHLO laptop', /^250 .*\r\n/m);
  assert.match(await client.ask('MAIL FROM:<alice@office.example>', ONE_LINE), /^530 .*\r\n/);
  assert.match(await client.ask(`AUTH PLAIN ${PLAIN}`, ONE_LINE), /^235 2\.7\.0 .*\r\n/);
  await client.ask('MAIL FROM:<alice@office.example> AUTH=<>', /^250 .*\r\n/);
  assert.match(await client.ask('RCPT TO:<x@elsewhere.example>', ONE_LINE), /^550 5\.7\.1 /);
  await client.ask('RCPT TO:<bob@office.example>', /^250 .*\r\n/);
  await client.ask('DATA', /354 .*\r\n/);
  await client.ask('Subject: x\r\n\r\nx\r\n.', /^250 .*\r\n/);
  const [delivery] = store.deliveries;
  assert.match(
    delivery?.text ?? '',
    /Received: from unknown \(authenticated sender\)\r\n\tby mail\.office\.example with ESMTPSA\r\n[^]*\ttls TLS_\w+ \(TLSv1\.3\);/,
  );
  assert.doesNotMatch(delivery?.text ?? '', /127\.0\.0\.1|laptop/);
  await client.close();
});

test('submission refuses wrong passwords late, and a third one for good', async (t) => {
  const { submissions, log } = await startTestSmtp(t);
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(/^220 /);
  await client.ask('EHLO laptop', /^250 .*\r\n/m);
  const wrong = Buffer.from('\0alice\0guess').toString('base64');
  const asBob = Buffer.from('bob\0alice\0se cret').toString('base64');
  assert.match(
    await client.ask(`AUTH PLAIN ${wrong}`, ONE_LINE),
    /^535 5\.7\.8 Name and password do not fit\r\n$/,
  );
  assert.match(await client.ask(`AUTH PLAIN ${asBob}`, ONE_LINE), /^535 5\.7\.8 /);
  await client.ask('AUTH LOGIN', /^334 .*\r\n/);
  await client.ask(Buffer.from('alice').toString('base64'), /^334 .*\r\n/);
  assert.match(
    await client.ask(Buffer.from('guess').toString('base64'), ONE_LINE),
    /^421 4\.7\.0 Too many failed logins/,
  );
  await client.rest();
  assert.match(log.text, /Login failed for "alice" from 127\.0\.0\.1/);
  assert.doesNotMatch(log.text, /guess/);
});

test('submission answers 454 when the password cannot be checked now', async (t) => {
  const verify = async (): Promise<string> => {
    throw new Error('too many logins at once');
  };
  const { submissions } = await startTestSmtp(t, { verify });
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(/^220 /);
  await client.ask('EHLO laptop', /^250 .*\r\n/m);
  assert.match(await client.ask(`AUTH PLAIN ${PLAIN}`, ONE_LINE), /^454 4\.7\.0 too many logins/);
  await client.close();
});

test('SMTP keeps addresses of the office out of headers', async (t) => {
  const { mx, store } = await startTestSmtp(t, { isLan: (address) => address === '127.0.0.1' });
  const client = await atData(mx);
  await client.ask('\r\nx\r\n.', /^250 .*\r\n/);
  assert.match(store.deliveries[0]?.text ?? '', /Received: from unknown \(LAN client\)\r\n/);
  assert.doesNotMatch(store.deliveries[0]?.text ?? '', /127\.0\.0\.1|client\.world/);
  await client.close();
});

test('SMTP limits connections, messages and errors of an address', async (t) => {
  const wan = { ...DEFAULT_SMTP_LIMITS.wan, connections: 1, messagesPerMinute: 1, errors: 2 };
  const { mx, clock } = await startTestSmtp(t, { limits: { wan } });
  const client = await greeted(mx);
  const second = await LineClient.connect(mx);
  assert.match(await second.rest(), /^421 4\.7\.0 Too many connections or errors/);
  await client.ask('MAIL FROM:<x@world.example>', /^250 .*\r\n/);
  await client.ask('RSET', /^250 .*\r\n/);
  assert.match(await client.ask('MAIL FROM:<x@world.example>', ONE_LINE), /^450 4\.7\.1 Too many messages/);
  client.send('FOO\r\nFOO\r\nFOO\r\nNOOP\r\n');
  assert.match(await client.rest(), /^(500 .*\r\n){3}421 4\.7\.0 Too many errors, come back later\r\n$/);
  await clock.advance(DEFAULT_SMTP_LIMITS.errorWindow);
  const later = await greeted(mx);
  await later.close();
});

test('SMTP applies another directory to sessions that are open', async (t) => {
  const { mx, service } = await startTestSmtp(t);
  const client = await greeted(mx);
  await client.ask('MAIL FROM:<x@world.example>', /^250 .*\r\n/);
  await client.ask('RCPT TO:<dave@office.example>', /^550 .*\r\n/);
  service.setDirectory({ users: ['dave'], domains: ['office.example'], aliases: {} });
  await client.ask('RCPT TO:<dave@office.example>', /^250 .*\r\n/);
  await client.close();
});

test('SMTP close() lets a message under way be stored and answered, and says 421 to the idle', async (t) => {
  const { mx, store, service } = await startTestSmtp(t, { limits: { closeTime: Milliseconds(3000) } });
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  const idle = await greeted(mx);
  const client = await atData(mx);
  client.send('\r\nx\r\n.\r\nQUIT\r\n');
  await new Promise(setImmediate);
  const closed = service.close();
  assert.match(await idle.rest(), /421 4\.3\.2 The server is shutting down\r\n$/);
  gate.resolve();
  assert.match(await client.rest(), /^250 2\.6\.0 /);
  await closed;
  assert.equal(store.deliveries.length, 1);
});

test('startSmtp() names the port that is taken and leaves nothing open', async (t) => {
  const running = await startTestSmtp(t);
  await assert.rejects(
    startTestSmtp(t, {
      listeners: [
        { address: '127.0.0.1', port: 0, kind: 'mx', tls: 'starttls' },
        { address: '127.0.0.1', port: running.mx, kind: 'mx', tls: 'starttls' },
      ],
    }),
    { name: 'KernelError', errno: 'EADDRINUSE', message: new RegExp(`127\\.0\\.0\\.1 port ${running.mx}`) },
  );
});
