import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { latin1 } from '../../src/base/text.ts';
import { toLf } from '../../src/wire/mail/line-ends.ts';
import { PASSWORD, SmallOffice } from './small-office.ts';

// Programs other people wrote hand letters in and fetch them again: every octet is there, whoever sends and whoever reads.
const run = promisify(execFile);

const ALL_OCTETS = String.fromCharCode(
  ...Array.from({ length: 255 }, (_, n) => n + 1).filter((n) => n !== 10 && n !== 13),
);

/** Lines ended by CRLF. */
const LETTERS: Readonly<Record<string, string>> = {
  plain: 'Subject: plain\r\n\r\nHello.\r\n',
  'header-only': 'Subject: header only\r\nX-Other: y\r\n',
  'no-end': 'Subject: no end\r\n\r\nno line end behind this',
  dots: 'Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n..x\r\nx.\r\n. \r\n\r\n.\r\nend\r\n',
  'long-lines': `Subject: long lines\r\n\r\n${'a'.repeat(998)}\r\n${'b'.repeat(1000)}\r\n.${'c'.repeat(100_000)}\r\nend\r\n`,
  'eight-bit': `Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\ngr\xfc\xdfe in Latin-1\r\ngr\xc3\xbc\xc3\x9fe in UTF-8\r\n${ALL_OCTETS}\r\n`,
  'large-header': `Subject: large header\r\n${`X-Field: ${'h'.repeat(980)}\r\n`.repeat(1050)}\r\nbody\r\n`,
  'blank-lines': 'Subject: blank lines\r\n\r\n\r\n\r\n \r\n\t\r\n\r\n\r\n',
};

/** As a sender that has to end the last line leaves it. */
const ended = (text: string): string => (text.endsWith('\r\n') ? text : `${text}\r\n`);

const PYTHON_SEND = `
import pathlib, smtplib, ssl, sys
port, folder, context = int(sys.argv[1]), pathlib.Path(sys.argv[2]), ssl.create_default_context(cafile=sys.argv[3])
with smtplib.SMTP_SSL('localhost', port, context=context) as server:
    server.login('alice', '${PASSWORD}')
    for name in sys.argv[4:]:
        server.sendmail('alice@office.example', ['bob@office.example'], (folder / name).read_bytes(), mail_options=['BODY=8BITMIME'])
`;

const PYTHON_FETCH = `
import pathlib, poplib, ssl, sys
poplib._MAXLINE = 200000
port, folder, context = int(sys.argv[1]), pathlib.Path(sys.argv[2]), ssl.create_default_context(cafile=sys.argv[3])
box = poplib.POP3('localhost', port)
box.stls(context)
box.user('bob')
box.pass_('${PASSWORD}')
for n in range(1, box.stat()[0] + 1):
    lines = box.retr(n)[1]
    (folder / str(n)).write_bytes(b''.join(line + b'\\r\\n' for line in lines))
    assert box.top(n, 100000)[1] == lines
box.quit()
`;

type Send = (office: SmallOffice, folder: string, names: readonly string[]) => Promise<void>;
type Fetch = (office: SmallOffice, folder: string, count: number) => Promise<void>;

const SENDERS: Readonly<Record<string, Send>> = {
  async smtplib({ ports, certificate }, folder, names) {
    await run('python3', ['-c', PYTHON_SEND, String(ports.submissions), folder, certificate, ...names]);
  },
  async curl({ ports, certificate }, folder, names) {
    const login = ['-sS', '--cacert', certificate, '--ssl-reqd', '--user', `alice:${PASSWORD}`];
    const envelope = ['--mail-from', 'alice@office.example', '--mail-rcpt', 'bob@office.example'];
    for (const name of names)
      await run('curl', [
        ...login,
        ...envelope,
        '-T',
        join(folder, name),
        `smtp://localhost:${ports.submission}`,
      ]);
  },
  async swaks({ ports }, folder, names) {
    const login = ['--tls', '--auth', 'LOGIN', '--auth-user', 'alice', '--auth-password', PASSWORD];
    const envelope = ['--from', 'alice@office.example', '--to', 'bob@office.example', '--helo', 'pc.example'];
    for (const name of names) {
      // It adds a line end of its own.
      const file = join(folder, `${name}.swaks`);
      writeFileSync(file, latin1((LETTERS[name] ?? '').replace(/\r\n$/, '')));
      const data = ['--data', `@${file}`, '--suppress-data', '--timeout', '30'];
      const server = ['--server', '127.0.0.1', '--port', String(ports.submission)];
      await run('swaks', [...server, ...login, ...envelope, ...data]);
    }
  },
};

const FETCHERS: Readonly<Record<string, Fetch>> = {
  async poplib({ ports, certificate }, folder) {
    await run('python3', ['-c', PYTHON_FETCH, String(ports.pop3), folder, certificate]);
  },
  async 'curl by pop3s'({ ports, certificate }, folder, count) {
    const login = ['-sS', '--cacert', certificate, '--user', `bob:${PASSWORD}`];
    await run('curl', [...login, '-o', join(folder, '#1'), `pop3s://localhost:${ports.pop3s}/[1-${count}]`]);
  },
  async 'curl by pop3'({ ports, certificate }, folder, count) {
    const login = ['-sS', '--cacert', certificate, '--ssl-reqd', '--user', `bob:${PASSWORD}`];
    await run('curl', [...login, '-o', join(folder, '#1'), `pop3://localhost:${ports.pop3}/[1-${count}]`]);
  },
};

function writeLetters(office: SmallOffice): string {
  const folder = join(office.directory, 'letters');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(LETTERS)) writeFileSync(join(folder, name), latin1(text));
  return folder;
}

const TRACE = /^Return-Path: .*\r\n(?:Delivered-To: .*\r\n)?Received: .*\r\n(?:\t.*\r\n)+/;
/** What a letter gets that has none of its own (RFC 6409 §8.2, §8.3). */
const ADDED = /^(?:Date: .*\r\n)?(?:Message-ID: <[\w.]+@mail\.office\.example>\r\n)?/;

/** What stands behind the fields that the box has put in front of a letter. */
function behindOurs(letter: string): string {
  return letter.replace(TRACE, '').replace(ADDED, '');
}

for (const [sender, send] of Object.entries(SENDERS)) {
  test(`${sender} hands in letters of every kind, and every reader gets every octet of them`, async (t) => {
    const office = await SmallOffice.start(t);
    const names = Object.keys(LETTERS);
    await send(office, writeLetters(office), names);
    const stored = await office.letters('bob');
    assert.equal(stored.length, names.length);
    for (const [index, letter] of stored.entries()) {
      const [name = '', text] = [names[index], behindOurs(letter)];
      const wanted = ended(LETTERS[name] ?? '');
      // swaks ends a header that has no body behind it.
      const isSame = text === wanted || (sender === 'swaks' && text.trimEnd() === wanted.trimEnd());
      assert.ok(isSame, `${name} as stored`);
    }
    for (const [reader, fetch] of Object.entries(FETCHERS)) {
      const folder = join(office.directory, reader);
      mkdirSync(folder);
      await fetch(office, folder, names.length);
      for (const [index, letter] of stored.entries()) {
        const fetched = readFileSync(join(folder, String(index + 1)), 'latin1');
        assert.ok(fetched === letter || isAsciiForm(fetched, letter), `${names[index]} by ${reader}`);
      }
    }
  });
}

/** Readers that have not said UTF8 get headers beyond ASCII in another form (RFC 6856 section 2.1); the body is the same. */
function isAsciiForm(fetched: string, letter: string): boolean {
  const body = (text: string): string => text.slice(text.indexOf('\r\n\r\n'));
  const header = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n'));
  return (
    /[\x80-\xff]/.test(header(letter)) &&
    !/[\x80-\xff]/.test(header(fetched)) &&
    body(fetched) === body(letter)
  );
}

test('fetchmail reads all letters once, however often it comes, keeps them and takes them', async (t) => {
  const office = await SmallOffice.start(t);
  const { ports, certificate, directory } = office;
  // fetchmail itself cuts lines that are longer than its buffer, and changes headers that are no header.
  const names = ['plain', 'no-end', 'dots', 'blank-lines'];
  await SENDERS['smtplib']?.(office, writeLetters(office), names);
  const stored = await office.letters('bob');
  const inbox = join(directory, 'inbox');
  mkdirSync(inbox);
  const deliver = join(directory, 'deliver');
  writeFileSync(deliver, `#!/bin/sh\ncat > ${inbox}/$(ls ${inbox} | wc -l)\n`);
  chmodSync(deliver, 0o700);
  const account = `user "bob" there with password "${PASSWORD}" is "root" here sslcertck sslcertfile "${certificate}" mda "${deliver}"`;
  const poll = async (how: string): Promise<number> => {
    const file = join(directory, 'rc');
    writeFileSync(file, `poll localhost proto pop3 uidl ${how}\n`, { mode: 0o600 });
    const state = ['--pidfile', join(directory, 'pid'), '--idfile', join(directory, 'ids')];
    const env = { ...process.env, FETCHMAILHOME: directory };
    const options = ['--fetchmailrc', file, ...state, '--norewrite', '--invisible'];
    return await run('fetchmail', options, { env }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  };
  assert.equal(await poll(`port ${ports.pop3s} ${account} ssl keep`), 0);
  assert.equal(await poll(`port ${ports.pop3} ${account} sslproto TLS1.2+ keep`), 1, 'nothing new');
  const fetched = readdirSync(inbox).map((name) => readFileSync(join(inbox, name), 'latin1'));
  assert.deepEqual(
    fetched,
    stored.map((letter) => Buffer.from(toLf(latin1(letter))).toString('latin1')),
  );
  assert.equal((await office.letters('bob')).length, names.length);
  assert.equal(await poll(`port ${ports.pop3} ${account} sslproto TLS1.2+ fetchall nokeep`), 0);
  assert.deepEqual(await office.letters('bob'), []);
});
