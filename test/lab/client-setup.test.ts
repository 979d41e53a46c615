import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TLSSocket, connect } from 'node:tls';
import { Timestamp } from '../../src/base/instant.ts';
import type { CertificateStatus } from '../../src/port/certificate.ts';
import { type TlsIdentity, issueServer, makeAuthority } from '../../src/service/certificate/issue.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PEOPLE, boxConfig } from './box-config.ts';
import { HostDoor } from './host-door.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

// A mail program on the LAN that knows an address and nothing else, and the certificates it meets on its way.
const ADDRESS = `alice@${NAMES.office}`;
const AUTOCONFIG = `autoconfig.${NAMES.office}`;
const AUTODISCOVER = `autodiscover.${NAMES.office}`;
const QUESTION = `<Autodiscover><Request><EMailAddress>${ADDRESS}</EMailAddress></Request></Autodiscover>`;

let office: Office;
let box: Box;
let authority = '';

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
  await office.plugIn();
  const { authority: own } = await certificate();
  authority = office.pc1.namespace.file('authority.pem');
  writeFileSync(authority, own.certificate);
});

after(() => office.remove());

async function certificate(): Promise<CertificateStatus> {
  return (await box.json('certificate', 'show')) as CertificateStatus;
}

async function dig(...question: readonly string[]): Promise<string> {
  return (await office.pc1.namespace.output(['dig', '+short', ...question])).trim();
}

function curl(...words: readonly string[]): Promise<string> {
  return office.pc1.namespace.output(['curl', '-sS', '-m', '10', '--fail-with-body', ...words]);
}

/** What openssl says about a server, checked as a mail program checks it. */
async function shown(port: number, host: string, ...options: readonly string[]): Promise<string> {
  const verify = ['-CAfile', authority, '-verify_hostname', host, '-verify_return_error', '-brief'];
  const argv = [
    'openssl',
    's_client',
    '-connect',
    `${host}:${port}`,
    '-servername',
    host,
    ...verify,
    ...options,
  ];
  const { stdout, stderr } = await office.pc1.namespace.run(argv, { input: 'QUIT\r\n' });
  return stdout + stderr;
}

test('SRV records lead a LAN client from a domain to the mail servers, TLS from the start first, and away from IMAP', async () => {
  for (const [service, answer] of [
    ['_submissions', `0 0 465 ${NAMES.mailHost}.`],
    ['_submission', `10 0 587 ${NAMES.mailHost}.`],
    ['_pop3s', `0 0 995 ${NAMES.mailHost}.`],
    ['_pop3', `10 0 110 ${NAMES.mailHost}.`],
    ['_imap', '0 0 0 .'],
    ['_imaps', '0 0 0 .'],
    ['_autodiscover', `0 0 443 ${AUTODISCOVER}.`],
  ] as const)
    assert.equal(await dig('SRV', `${service}._tcp.${NAMES.office}`), answer, service);
  assert.equal(await dig(AUTOCONFIG), ADDRESSES.boxLan);
  const { stdout } = await box.cli(['names']);
  assert.match(stdout, /^_pop3s\._tcp\.office\.example +SRV +built-in +0 0 995 mail\.office\.example$/m);
});

test('a LAN client gets its settings in all four forms, without encryption and with the authority trusted', async () => {
  const query = `emailaddress=${encodeURIComponent(ADDRESS)}`;
  for (const url of [
    `http://${AUTOCONFIG}/mail/config-v1.1.xml?${query}`,
    `https://${AUTOCONFIG}/mail/config-v1.1.xml?${query}`,
    `http://${AUTOCONFIG}/.well-known/autoconfig/mail/config-v1.1.xml?${query}`,
  ])
    assert.match(await curl('--cacert', authority, url), /<hostname>mail\.office\.example<\/hostname>/, url);
  const outlook = `https://${AUTODISCOVER}/Autodiscover/Autodiscover.xml`;
  const answer = await curl('--cacert', authority, '-H', 'Content-Type: text/xml', '-d', QUESTION, outlook);
  assert.match(answer, /<Type>POP3<\/Type>\s*<Server>mail\.office\.example<\/Server>\s*<Port>995<\/Port>/);
  const json = `https://${AUTODISCOVER}/autodiscover/autodiscover.json?Email=${ADDRESS}&Protocol=AutodiscoverV1`;
  const { Url } = JSON.parse(await curl('--cacert', authority, json)) as { readonly Url: string };
  assert.equal(Url.toLowerCase(), outlook.toLowerCase());
  const profile = await curl(`http://admin.${NAMES.office}:8080/mail/apple.mobileconfig?${query}`);
  const read = [
    'python3',
    '-c',
    'import sys,plistlib; plistlib.loads(sys.stdin.buffer.read()); print("fine")',
  ];
  assert.equal(await office.pc1.namespace.output(read, { input: profile }), 'fine\n');
});

test('the certificate to trust is the one the box hands out on its page', async () => {
  const path = office.pc1.namespace.file('handed-out.der');
  await curl('-o', path, `http://admin.${NAMES.office}:8080/mail/authority.crt`);
  const text = await office.pc1.namespace.output([
    'openssl',
    'x509',
    '-in',
    path,
    '-noout',
    '-fingerprint',
    '-sha256',
  ]);
  assert.equal(text.trim().replace(/.*=/, ''), (await certificate()).authority.fingerprint);
});

test('mail servers and pages show a certificate of the authority under every name a program uses (openssl, GnuTLS)', async () => {
  for (const [port, host, ...options] of [
    [995, NAMES.mailHost],
    [995, `pop.${NAMES.office}`],
    [110, NAMES.mailHost, '-starttls', 'pop3'],
    [465, `smtp.${NAMES.office}`],
    [587, NAMES.mailHost, '-starttls', 'smtp'],
    [25, NAMES.mailHost, '-starttls', 'smtp'],
    [443, AUTOCONFIG],
    [443, AUTODISCOVER],
    [8443, `admin.${NAMES.office}`],
  ] as const)
    assert.match(
      await shown(port, host, ...options),
      /Verification: OK\nVerified peername: /,
      `${host} ${port}`,
    );
  const wget = [
    'wget',
    '-q',
    '-O',
    '-',
    `--ca-certificate=${authority}`,
    `https://${AUTOCONFIG}/mail/config-v1.1.xml`,
  ];
  assert.match(await office.pc1.namespace.output(wget), /clientConfig/);
});

test("port 80 leads people to the owner's page, and others nowhere", async () => {
  const page = await curl('-L', `http://admin.${NAMES.office}/`);
  assert.match(page, /Set up a mail program/);
  const { stdout, status } = await office.pc1.namespace.run([
    'curl',
    '-sS',
    '-m',
    '10',
    '-w',
    '%{http_code}',
    `http://${ADDRESSES.boxLan}/`,
  ]);
  assert.equal(status, 0);
  assert.match(stdout, /the page of the box is at http:\/\/admin\.office\.example:8080\/404$/);
});

/** A TLS connection of pc1 or pc2 to the box, from the test itself. */
async function connected(door: HostDoor): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: door.port, rejectUnauthorized: false });
  socket.setEncoding('utf8');
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends a line and returns the line that comes back. */
async function ask(socket: TLSSocket, line: string): Promise<string> {
  const reply = once(socket, 'data');
  if (line !== '') socket.write(`${line}\r\n`);
  const [text] = (await reply) as [string];
  return text;
}

const fingerprintOf = (socket: TLSSocket): string => socket.getPeerX509Certificate()?.fingerprint256 ?? '';

function files(name: string, { cert, key }: TlsIdentity): [cert: string, key: string] {
  const paths = [box.namespace.file(`${name}.crt`), box.namespace.file(`${name}.key`)] as [string, string];
  writeFileSync(paths[0], cert);
  writeFileSync(paths[1], key, { mode: 0o600 });
  return paths;
}

test("the owner's certificate comes into force under an open POP3 session and an open page, and neither is cut", async () => {
  const own = await certificate();
  const now = Timestamp(Date.now());
  const outside = makeAuthority([NAMES.office], now);
  const [cert, key] = files('owner', issueServer(outside, [NAMES.mailHost], now));
  const doors = await Promise.all([
    HostDoor.open({ namespace: office.pc1.namespace, address: ADDRESSES.boxLan, port: 995, hostPort: 0 }),
    HostDoor.open({ namespace: office.pc2.namespace, address: ADDRESSES.boxLan, port: 8443, hostPort: 0 }),
  ]);
  const [session, page] = await Promise.all(doors.map(connected));
  assert.ok(session !== undefined && page !== undefined);
  await ask(session, '');
  assert.match(await ask(session, 'USER alice'), /^\+OK/);
  assert.match(await ask(session, `PASS ${PEOPLE.alice}`), /^\+OK/);
  const events = `GET /events HTTP/1.1\r\nHost: admin.${NAMES.office}\r\n\r\n`;
  assert.match(await ask(page, events), /200 OK/);

  const { status, stdout } = await box.cli(['certificate', 'set', cert, key]);
  assert.deepEqual([status, stdout], [0, 'the certificate of the owner is in force\n']);
  const given = await certificate();
  assert.equal(given.kind, 'owner');
  assert.notEqual(given.fingerprint, own.fingerprint);
  assert.match(await ask(session, 'STAT'), /^\+OK 0 0/);
  const [chunk] = (await once(page, 'data')) as [string];
  assert.ok(chunk.length > 0);
  for (const old of [session, page]) assert.equal(fingerprintOf(old), own.fingerprint);
  for (const door of doors) {
    const fresh = await connected(door);
    assert.equal(fingerprintOf(fresh), given.fingerprint);
    fresh.destroy();
  }
  const smtp = await office.pc1.namespace.run(
    ['openssl', 's_client', '-connect', `${ADDRESSES.boxLan}:465`],
    {
      input: 'QUIT\r\n',
    },
  );
  assert.match(smtp.stdout, new RegExp(`issuer=CN = ${NAMES.office.replaceAll('.', '\\.')}`));
  assert.match(await ask(session, 'QUIT'), /^\+OK/);
  for (const open of [session, page]) open.destroy();
  for (const door of doors) door.close();
});

test('a broken pair is refused, a broken file leaves the one before in force, and health says so', async () => {
  const before = await certificate();
  const foreign = issueServer(
    makeAuthority([NAMES.office], Timestamp(Date.now())),
    [NAMES.mailHost],
    Timestamp(Date.now()),
  );
  const [cert] = files('broken', foreign);
  const refused = await box.cli(['certificate', 'set', cert, box.namespace.file('owner.key')]);
  assert.deepEqual(
    [refused.status, refused.stderr],
    [1, 'Cannot use the certificate: the key does not belong to it\n'],
  );
  assert.deepEqual(await certificate(), before);

  writeFileSync(join(box.dataPath, 'tls/owner.pem'), foreign.cert);
  // Any change makes the box look at the file at once.
  await box.cli(['alias', 'add', 'sales', 'alice']);
  const now = await certificate();
  assert.equal(now.fingerprint, before.fingerprint);
  const { stdout } = await box.cli(['health']);
  assert.match(
    stdout,
    /WARNING .*certificate: Cannot use the certificate: .*0 private keys.*the one before stays in use/,
  );
});

test("gatepost certificate remove brings the box's own back, which a device that trusts the authority still accepts", async () => {
  const { status, stdout } = await box.cli(['certificate', 'remove']);
  assert.deepEqual([status, stdout], [0, 'the certificate of the box is in force\n']);
  assert.match(await shown(995, NAMES.mailHost), /Verification: OK/);
  assert.equal((await box.health()).ok, true);
  const log = readFileSync(office.box.file('gatepost.log'), 'utf8');
  for (const name of ['authority.pem', 'server.pem']) {
    const [, key = ''] =
      /PRIVATE KEY-----\n(.{64})/.exec(readFileSync(join(box.dataPath, 'tls', name), 'utf8')) ?? [];
    assert.ok(key !== '' && !log.includes(key));
  }
});

test('a box with a certificate of an earlier version keeps it, for the programs that trust it, until the owner renews it', async () => {
  await box.stop();
  const [cert, key] = ['crt', 'key'].map((end) => box.namespace.file(`first.${end}`)) as [string, string];
  const names = ['mail', 'smtp', 'pop', 'admin', 'gatepost'].map((label) => `DNS:${label}.${NAMES.office}`);
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3653'];
  const subject = ['-subj', `/CN=${NAMES.mailHost}`, '-addext', `subjectAltName=${names.join(',')}`];
  await box.namespace.output(['openssl', 'req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert]);
  const both = readFileSync(key, 'utf8') + readFileSync(cert, 'utf8');
  writeFileSync(join(box.dataPath, 'tls/self-signed.pem'), both);
  await box.start();
  assert.equal((await certificate()).kind, 'first');
  assert.match(await shown(995, NAMES.mailHost, '-CAfile', cert), /Verification: OK/);
  assert.equal((await box.health()).ok, true);
  const profile = await curl(`http://${AUTOCONFIG}/mail/apple.mobileconfig?emailaddress=${ADDRESS}`);
  assert.equal(profile.match(/com\.apple\.security\.root/g)?.length, 2);
  const { stdout } = await box.cli(['certificate', 'renew']);
  assert.match(stdout, /new authority: devices have to be told to trust it/);
  const renewed = await certificate();
  assert.equal(renewed.kind, 'own');
  writeFileSync(authority, renewed.authority.certificate);
  assert.match(await shown(995, NAMES.mailHost), /Verification: OK/);
});

test('a taken port 80 stops neither the box nor its page: health names what does not work', async () => {
  await box.stop();
  const taken = office.box.start('squatter', ['python3', '-u', '-m', 'http.server', '80']);
  await taken.line(/Serving HTTP/);
  box = await Box.start(office.box, boxConfig());
  await waitFor('the page', async () => {
    const { status } = await office.pc1.namespace.run([
      'curl',
      '-sSf',
      '-m',
      '5',
      `http://${ADDRESSES.boxLan}:8080/`,
    ]);
    return status === 0;
  });
  const { stdout } = await box.cli(['health']);
  assert.match(
    stdout,
    /FAILED +mail program set-up: Cannot listen on 192\.168\.77\.1 port 80: another program uses it/,
  );
  assert.match(
    await curl('--cacert', authority, `https://${AUTOCONFIG}/mail/config-v1.1.xml`),
    /clientConfig/,
  );
  await taken.stop();
});
