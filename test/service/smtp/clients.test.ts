import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { identity, startTestSmtp } from './running-smtp.ts';

// Programs other people wrote, against the services on 127.0.0.1.
const run = promisify(execFile);

const directory = mkdtempSync(join(tmpdir(), 'gatepost-smtp-'));
after(() => rmSync(directory, { recursive: true }));
const certificate = join(directory, 'cert.pem');
writeFileSync(certificate, identity.cert);

/** Runs swaks; its exit code and the dialogue it printed. */
async function swaks(port: number, ...more: string[]): Promise<{ code: number; text: string }> {
  const options = [
    '--server',
    '127.0.0.1',
    '--port',
    String(port),
    '--helo',
    'pc.world.example',
    '--timeout',
    '15',
  ];
  try {
    const { stdout } = await run('swaks', [...options, '--from', 'bob@world.example', ...more]);
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

const LOGIN = ['--auth-user', 'alice', '--auth-password', 'se cret'];

test('swaks delivers to local users on the port for other servers, in plaintext, with STARTTLS and pipelined', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const body = ['--to', 'alice@office.example', '--body', 'line\n.\n..dots'];
  for (const more of [[], ['--tls'], ['--tls', '--pipeline']]) {
    const { code, text } = await swaks(mx, ...body, ...more);
    assert.equal(code, 0, text);
  }
  assert.equal(store.deliveries.length, 3);
  assert.match(store.deliveries[0]?.text ?? '', /with ESMTP\r\n[^]*\r\n\r\nline\r\n\.\r\n\.\.dots\r\n/);
  assert.match(
    store.deliveries[1]?.text ?? '',
    /from pc\.world\.example \(\[127\.0\.0\.1\]\)\r\n\tby mail\.office\.example with ESMTPS\r\n[^]*\ttls TLS_/,
  );
});

test('swaks is refused what must be refused', async (t) => {
  const { mx, submission } = await startTestSmtp(t);
  for (const [port, to, more, reply] of [
    [mx, 'x@elsewhere.example', [], /550 5\.7\.1 /],
    [mx, 'nobody@office.example', [], /550 5\.1\.1 /],
    [mx, 'alice@office.example', ['--auth', 'PLAIN', ...LOGIN], /did not advertise authentication/],
    [submission, 'alice@office.example', [], /530 5\.7\.0 /],
    [submission, 'alice@office.example', ['--auth', 'PLAIN', ...LOGIN], /did not advertise authentication/],
    [
      submission,
      'alice@office.example',
      ['--tls', '--auth', 'PLAIN', '--auth-user', 'alice', '--auth-password', 'no'],
      /535 5\.7\.8 /,
    ],
    [submission, 'x@elsewhere.example', ['--tls', '--auth', 'LOGIN', ...LOGIN], /550 5\.7\.1 /],
  ] as const) {
    const { code, text } = await swaks(port, '--to', to, ...more);
    assert.notEqual(code, 0);
    assert.match(text, reply);
  }
});

test('swaks submits after a login by STARTTLS and by TLS, with PLAIN and with LOGIN', async (t) => {
  const { submission, submissions, store } = await startTestSmtp(t);
  for (const [port, tls, method] of [
    [submission, '--tls', 'PLAIN'],
    [submission, '--tls', 'LOGIN'],
    [submissions, '--tls-on-connect', 'PLAIN'],
  ] as const) {
    const { code, text } = await swaks(port, '--to', 'bob@office.example', tls, '--auth', method, ...LOGIN);
    assert.equal(code, 0, text);
  }
  assert.ok(store.deliveries.every((one) => one.text.includes('with ESMTPSA\r\n')));
  assert.equal(store.deliveries.length, 3);
});

const PYTHON = `
import smtplib, ssl, sys
mx, submission, submissions = map(int, sys.argv[1:4])
context = ssl.create_default_context(cafile=sys.argv[4])
text = b'From: a@world.example\\r\\nSubject: gr\\xc3\\xbc\\xc3\\x9f\\r\\n\\r\\n.dot\\r\\n' + b'x' * 2000 + b'\\r\\n'
with smtplib.SMTP('localhost', mx, local_hostname='pc.world.example') as server:
    server.starttls(context=context)
    server.ehlo()
    print(server.sendmail('a@world.example', ['alice@office.example'] + ['bob@office.example'] * 2, text, mail_options=['BODY=8BITMIME']))
    try:
        server.sendmail('a@world.example', ['x@elsewhere.example'], text)
    except smtplib.SMTPRecipientsRefused as refused:
        print(refused.recipients['x@elsewhere.example'][0])
    try:
        server.sendmail('a@world.example', ['alice@office.example'], b'x' * 70 + b'\\r\\n' * 2000)
    except smtplib.SMTPException as refused:
        print(refused.smtp_code)
with smtplib.SMTP('localhost', submission) as server:
    server.starttls(context=context)
    server.login('alice@office.example', 'se cret')
    print(server.sendmail('alice@office.example', ['bob@office.example'], text))
with smtplib.SMTP_SSL('localhost', submissions, context=context) as server:
    try:
        server.login('alice', 'wrong')
    except smtplib.SMTPAuthenticationError as refused:
        print(refused.smtp_code)
`;

test('python smtplib sends, is refused and logs in as it should', async (t) => {
  const { mx, submission, submissions, store } = await startTestSmtp(t, { limits: { messageSize: 4000 } });
  const ports = [mx, submission, submissions].map(String);
  const { stdout } = await run('python3', ['-c', PYTHON, ...ports, certificate]);
  assert.deepEqual(stdout.trim().split('\n'), ['{}', '550', '552', '{}', '535']);
  const body = `Subject: gr\u00c3\u00bc\u00c3\u009f\r\n\r\n.dot\r\n${'x'.repeat(2000)}\r\n`;
  assert.deepEqual(
    store.deliveries.map((one) => [one.envelope.users.join(' '), one.text.endsWith(body)]),
    [
      ['alice bob', true],
      ['bob', true],
    ],
  );
});

test('a telephone system of the LAN sends a voice message without login, to a user and to a mailbox elsewhere', async (t) => {
  const outgoing = {
    mayRelay: ({ isLan }: { isLan: boolean }) => isLan,
    reportDelivery: () => {},
    reportFailure: async () => {},
  };
  const { mx, store } = await startTestSmtp(t, { isLan: () => true, outgoing });
  const sound = join(directory, 'message.wav');
  writeFileSync(sound, Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 7919) % 256)));
  const envelope = ['--helo', 'pbx', '--from', 'pbx@office.example'];
  const letter = ['--header', 'Subject: Voice message from 030 1234', '--body', 'Duration: 0:25'];
  const attached = ['--attach-type', 'audio/wav', '--attach', `@${sound}`];
  const to = ['--to', 'mixed@office.example,bob@office.example'];
  const { code, text } = await swaks(mx, ...envelope, ...to, ...letter, ...attached);
  assert.equal(code, 0, text);
  const [delivery] = store.deliveries;
  assert.deepEqual(delivery?.envelope.users, ['alice', 'bob']);
  assert.equal(delivery?.envelope.remote?.[0]?.address, 'partner@elsewhere.example');
  const encoded = /Content-Type: audio\/wav[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--/.exec(
    delivery?.text ?? '',
  )?.[1];
  assert.deepEqual(Buffer.from(encoded ?? '', 'base64'), readFileSync(sound));
  assert.match(
    delivery?.text ?? '',
    /^Return-Path: <pbx@office\.example>\r\nReceived: from unknown \(LAN client\)/,
  );
});

test('curl submits after a login by STARTTLS and by TLS', async (t) => {
  const { submission, submissions, store } = await startTestSmtp(t);
  const letter = join(directory, 'letter');
  writeFileSync(letter, 'Subject: x\r\n\r\n.dot\r\n');
  const common = ['-sS', '--cacert', certificate, '--user', 'alice:se cret', '--upload-file', letter];
  const envelope = ['--mail-from', 'alice@office.example', '--mail-rcpt', 'bob@office.example'];
  for (const url of [`smtp://localhost:${submission}`, `smtps://localhost:${submissions}`]) {
    await run('curl', [...common, ...envelope, '--ssl-reqd', url]);
  }
  assert.deepEqual(
    store.deliveries.map(({ text }) => text.endsWith('\r\nSubject: x\r\n\r\n.dot\r\n')),
    [true, true],
  );
});
