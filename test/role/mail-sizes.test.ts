import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { atData } from '../service/smtp/running-smtp.ts';
import { PASSWORD, SmallOffice } from './small-office.ts';

// How much a letter may be: in octets, in recipients, in hosts it has passed; and letters of machines, octet by octet.
const run = promisify(execFile);

async function python(script: string, ...args: readonly (string | number)[]): Promise<string[]> {
  const { stdout } = await run('python3', ['-c', script, ...args.map(String)]);
  return stdout.trim().split('\n');
}

const ATTACH = `
import email.message, email.policy, pathlib, smtplib, ssl, sys
port, attachment, context = int(sys.argv[1]), pathlib.Path(sys.argv[2]), ssl.create_default_context(cafile=sys.argv[3])
letter = email.message.EmailMessage(policy=email.policy.SMTP)
letter['From'], letter['To'], letter['Subject'] = 'alice@office.example', 'bob@office.example', 'attached'
letter.set_content('Here it is.')
letter.add_attachment(attachment.read_bytes(), maintype='application', subtype='octet-stream', filename='x')
raw = letter.as_bytes()
server = smtplib.SMTP_SSL('localhost', port, context=context)
server.login('alice', '${PASSWORD}')
try:
    print(server.sendmail('alice@office.example', ['bob@office.example'], raw))
except smtplib.SMTPSenderRefused as early:
    print('MAIL', early.smtp_code, early.smtp_error.decode())
server.rset()
print(server.docmd('MAIL', 'FROM:<alice@office.example>')[0], server.rcpt('bob@office.example')[0])
try:
    print(server.data(raw)[0])
except smtplib.SMTPException as late:
    print(late)
print(server.noop()[0])
`;

const DETACH = `
import email, email.policy, hashlib, sys
letter = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
for part in letter.walk():
    if not part.is_multipart():
        print(part.get_content_type(), hashlib.sha256(part.get_payload(decode=True)).hexdigest())
`;

async function sha256(file: string): Promise<string> {
  const { stdout } = await run('sha256sum', [file]);
  return stdout.slice(0, 64);
}

test('an attachment of 25 MB arrives whole; what is larger than allowed is refused at MAIL, and at its end where its size was not announced', async (t) => {
  const messageSize = 36_000_000;
  const office = await SmallOffice.start(t, { limits: { messageSize } });
  const { ports, certificate, directory } = office;
  const file = join(directory, 'attachment');
  writeFileSync(file, randomBytes(25_000_000));
  assert.deepEqual(await python(ATTACH, ports.submissions, file, certificate), [
    '{}',
    '250 250',
    '250',
    '250',
  ]);
  const fetched = join(directory, 'fetched');
  const login = ['-sS', '--cacert', certificate, '--user', `bob:${PASSWORD}`];
  await run('curl', [...login, '-o', fetched, `pop3s://localhost:${ports.pop3s}/2`]);
  const [, attachment] = await python(DETACH, fetched);
  assert.equal(attachment, `application/octet-stream ${await sha256(file)}`);
  writeFileSync(file, randomBytes(27_000_000));
  assert.deepEqual(await python(ATTACH, ports.submissions, file, certificate), [
    `MAIL 552 5.3.4 Error: message exceeds fixed maximum message size ${messageSize}`,
    '250 250',
    '552',
    '250',
  ]);
  const sizes = office.store.summaries().map(({ user, messages }) => `${user} ${messages}`);
  assert.deepEqual(sizes, ['bob 2']);
});

const CROWD = `
import smtplib, sys
server = smtplib.SMTP('localhost', int(sys.argv[1]), local_hostname='pc.example')
everybody = ['u%d@office.example' % n for n in range(120)]
refused = server.sendmail('x@world.example', everybody, b'Subject: to all\\r\\n\\r\\nx\\r\\n')
print(len(refused), set(code for code, text in refused.values()), refused['u100@office.example'][1].decode())
print(server.sendmail('x@world.example', list(refused), b'Subject: to the rest\\r\\n\\r\\nx\\r\\n'))
`;

test('a letter has 100 recipients at most; smtplib is told who has to wait for the next one (RFC 5321 section 4.5.3.1.10)', async (t) => {
  const users = Array.from({ length: 120 }, (_, n) => `u${n}`);
  const office = await SmallOffice.start(t, { directory: { users } });
  const [some, rest] = await python(CROWD, office.ports.mx);
  assert.match(some ?? '', /^20 \{452\} 4\.5\.3 /);
  assert.equal(rest, '{}');
  assert.deepEqual(
    office.store.summaries().map(({ messages }) => messages),
    users.map(() => 1),
  );
});

test('a letter that has passed 1000 hosts is in a loop', async (t) => {
  const office = await SmallOffice.start(t);
  const client = await atData(office.ports.mx);
  const header = 'Received: from a.example by b.example; Thu, 15 Jan 2026 12:00:00 +0000\r\n'.repeat(1000);
  await client.ask(
    `${header}\r\nround and round\r\n.`,
    /^554 5\.4\.6 The message is in a loop: too many Received fields\r\n/,
  );
  await client.close();
  assert.deepEqual(office.store.summaries(), []);
});

const PBX = `
import email.message, email.policy, pathlib, smtplib, sys
letter = email.message.EmailMessage(policy=email.policy.SMTP)
letter['From'], letter['To'], letter['Subject'] = 'PBX <pbx@office.example>', 'bob@office.example', 'Voice message from 030 1234'
letter.set_content('Duration: 0:25\\n')
letter.add_attachment(pathlib.Path(sys.argv[2]).read_bytes(), maintype='audio', subtype='wav', filename='msg0001.wav')
with smtplib.SMTP('localhost', int(sys.argv[1]), local_hostname='pbx') as server:
    print(server.send_message(letter))
`;

/** 8000 samples a second, 8 bits each: what a telephone hears. */
function wave(seconds: number): Buffer {
  const sound = Buffer.from(Array.from({ length: 8000 * seconds }, (_, n) => (n * n * 7919) % 256));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + sound.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(7, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(sound.length, 40);
  return Buffer.concat([header, sound]);
}

test('a telephone system of the LAN posts a voice message without login or TLS, and its user fetches the very sound', async (t) => {
  const office = await SmallOffice.start(t, { isLan: true });
  const { ports, certificate, directory } = office;
  const file = join(directory, 'msg0001.wav');
  writeFileSync(file, wave(25));
  assert.deepEqual(await python(PBX, ports.mx, file), ['{}']);
  const fetched = join(directory, 'fetched');
  const login = ['-sS', '--cacert', certificate, '--user', `bob:${PASSWORD}`];
  await run('curl', [...login, '-o', fetched, `pop3s://localhost:${ports.pop3s}/1`]);
  const [, sound] = await python(DETACH, fetched);
  assert.equal(sound, `audio/wav ${await sha256(file)}`);
  const text = readFileSync(fetched, 'latin1');
  assert.equal(text, (await office.letters('bob'))[0]);
  assert.match(
    text,
    /^Return-Path: <pbx@office\.example>\r\nDelivered-To: bob@office\.example\r\nReceived: from unknown \(LAN client\)/,
  );
});
