import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, after, test } from 'node:test';
import { promisify } from 'node:util';
import { Timestamp } from '../../../src/base/instant.ts';
import { Pop3Server } from '../../../src/io/pop3-server-bare/server.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { TextMaildrop } from './scripted-session.ts';

// Programs other people wrote, against the server on 127.0.0.1: what they read must be the octets of the message.
const run = promisify(execFile);

const MESSAGES = [
  'From: a@example\r\nSubject: one\r\n\r\nfirst\r\n.\r\n..two\r\n\r\n',
  `From: b@example\r\nSubject: 8-bit\r\n\r\ngr\u00fc\u00df dich ${'x'.repeat(900)}\r\n`,
];

const identity = makeIdentity('localhost', Timestamp(0));
const directory = mkdtempSync(join(tmpdir(), 'gatepost-pop3-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'cert.pem'), identity.cert);

interface Servers {
  readonly stls: number;
  readonly tls: number;
  readonly maildrop: TextMaildrop;
}

async function start(t: TestContext): Promise<Servers> {
  const maildrop = new TextMaildrop(MESSAGES.map((text) => Buffer.from(text).toString('latin1')));
  const server = new Pop3Server({
    ...identity,
    onAuth: async ({ username, password }) => (password === 'se cret' ? { name: username } : undefined),
    onOpen: async () => maildrop,
    limits: { failedLoginDelay: 0 },
  });
  t.after(() => server.close());
  const stls = await server.listen({ host: '127.0.0.1', port: 0 });
  const tls = await server.listen({ host: '127.0.0.1', port: 0, secure: true });
  return { stls: stls.port, tls: tls.port, maildrop };
}

const PYTHON = `
import json, poplib, ssl, sys
stls, tls = int(sys.argv[1]), int(sys.argv[2])
context = ssl.create_default_context(cafile=sys.argv[3])
out = []
for box in (poplib.POP3('localhost', stls), poplib.POP3_SSL('localhost', tls, context=context)):
    if not isinstance(box, poplib.POP3_SSL):
        try:
            box.user('alice')
        except poplib.error_proto as refused:
            out.append(str(refused))
        box.stls(context)
    out.append(sorted(box.capa()))
    box.user('alice')
    box.pass_('se cret')
    out.append(box.stat())
    out.append([line.decode('latin1') for line in box.uidl()[1]])
    out.append([b'\\r\\n'.join(box.retr(n)[1] + [b'']).decode('utf8') for n in (1, 2)])
    out.append([line.decode() for line in box.top(1, 1)[1]])
    box.dele(1)
    out.append(box.stat())
    box.rset()
    box.quit()
print(json.dumps(out))
`;

test('Pop3Server and python poplib agree on everything, by STLS and by TLS', async (t) => {
  const { stls, tls, maildrop } = await start(t);
  const certificate = join(directory, 'cert.pem');
  const { stdout } = await run('python3', ['-c', PYTHON, String(stls), String(tls), certificate]);
  const [refused, ...both] = JSON.parse(stdout) as unknown[];
  assert.match(String(refused), /-ERR Cannot log in without encryption/);
  const sizes = maildrop.messages.map((message) => message.size);
  const expected = [
    ['AUTH-RESP-CODE', 'LANG', 'PIPELINING', 'RESP-CODES', 'SASL', 'TOP', 'UIDL', 'USER', 'UTF8'],
    [2, sizes.reduce((a, b) => a + b)],
    ['1 uid-1', '2 uid-2'],
    MESSAGES,
    ['From: a@example', 'Subject: one', '', 'first'],
    [1, sizes[1]],
  ];
  assert.deepEqual(both, [...expected, ...expected]);
  assert.deepEqual(maildrop.removed, []);
});

test('curl fetches, lists and deletes by pop3:// with STLS and by pop3s://', async (t) => {
  const { stls, tls, maildrop } = await start(t);
  const curl = async (url: string, ...more: string[]): Promise<string> => {
    const options = ['--silent', '--show-error', '--ssl-reqd', '--cacert', join(directory, 'cert.pem')];
    const { stdout } = await run('curl', [...options, '--user', 'alice:se cret', url, ...more], {
      encoding: 'utf8',
    });
    return stdout;
  };
  for (const base of [`pop3://localhost:${stls}`, `pop3s://localhost:${tls}`]) {
    assert.equal(await curl(`${base}/1`), MESSAGES[0]);
    assert.equal(await curl(`${base}/2`), MESSAGES[1]);
    assert.equal(await curl(`${base}/`), maildrop.messages.map((m, i) => `${i + 1} ${m.size}\r\n`).join(''));
    await curl(`${base}/2`, '--request', 'DELE', '--head');
  }
  assert.deepEqual(maildrop.removed, ['uid-2', 'uid-2']);
});

test('curl is refused with a wrong password', async (t) => {
  const { tls } = await start(t);
  const options = [
    '--silent',
    '--show-error',
    '--cacert',
    join(directory, 'cert.pem'),
    '--user',
    'alice:wrong',
  ];
  await assert.rejects(run('curl', [...options, `pop3s://localhost:${tls}/`]), { code: 67 });
});

/** Runs fetchmail with its own home; every message ends in one file. */
async function fetchmail(settings: string): Promise<string> {
  const home = mkdtempSync(join(directory, 'fetchmail-'));
  const inbox = join(home, 'inbox');
  const deliver = join(home, 'deliver');
  writeFileSync(deliver, `#!/bin/sh\ncat >> ${inbox}\n`);
  chmodSync(deliver, 0o700);
  const file = join(home, 'rc');
  writeFileSync(file, `${settings}\n  mda "${deliver}"\n`, { mode: 0o600 });
  const options = [
    '--fetchmailrc',
    file,
    '--pidfile',
    join(home, 'pid'),
    '--idfile',
    join(home, 'ids'),
    '--norewrite',
  ];
  const environment = { ...process.env, FETCHMAILHOME: home };
  await run('fetchmail', [...options, '--invisible'], { env: environment });
  // Exit code 1: nothing new. The second run must find every message seen by its UID.
  if (settings.includes(' keep')) {
    await assert.rejects(run('fetchmail', [...options, '--invisible'], { env: environment }), { code: 1 });
  }
  const { stdout } = await run('cat', [inbox], { encoding: 'utf8' });
  return stdout;
}

test('fetchmail keeps mail on the server without a duplicate, and removes it when told to', async (t) => {
  const { stls, tls, maildrop } = await start(t);
  const trust = `sslcertck sslcertfile "${join(directory, 'cert.pem')}"`;
  const account = 'user "alice" there with password "se cret" is "root" here';
  const all = MESSAGES.join('').replaceAll('\r\n', '\n');
  const kept = await fetchmail(`poll localhost proto pop3 port ${tls} uidl ${account} ssl ${trust} keep`);
  assert.equal(kept, all);
  assert.deepEqual(maildrop.removed, []);
  const taken = await fetchmail(
    `poll localhost proto pop3 port ${stls} uidl ${account} sslproto TLS1.2+ ${trust} nokeep`,
  );
  assert.equal(taken, all);
  assert.deepEqual(maildrop.removed, ['uid-1', 'uid-2']);
});
