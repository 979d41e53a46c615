import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { Timestamp } from '../../../src/base/instant.ts';
import { issueServer, makeAuthority } from '../../../src/service/certificate/issue.ts';
import { makeIdentity } from '../../fake/make-identity.ts';

// OpenSSL is the oracle: what it makes of the certificates is what mail programs do.

const NOW = Timestamp(Date.now());
const DAY = 86_400_000;
const HOST = 'mail.office.example';
const NAMES = [HOST, 'pop.office.example', 'autoconfig.shop.example'];

const directory = mkdtempSync(join(tmpdir(), 'gatepost-tls-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

function verify(cert: string, ...options: string[]): string {
  const { stdout, stderr } = spawnSync(
    'openssl',
    [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      authorityFile,
      ...options,
      file('leaf.pem', cert),
    ],
    { encoding: 'utf8' },
  );
  return stdout + stderr;
}

const authority = makeAuthority(['office.example', 'shop.example'], NOW);
const authorityFile = file('authority.pem', authority.cert);
const identity = issueServer(authority, NAMES, NOW);

test('makeAuthority() makes what openssl prints as an authority for the domains alone', () => {
  const text = openssl('x509', '-in', authorityFile, '-noout', '-text');
  assert.match(text, /Subject: CN = office\.example \(Gatepost [0-9a-f]{8}\)/);
  assert.match(text, /CA:TRUE, pathlen:0/);
  assert.match(text, /Certificate Sign, CRL Sign/);
  assert.match(
    text,
    /Name Constraints: critical\s+Permitted:\s+DNS:office\.example\s+DNS:shop\.example\s+Excluded:\s+IP:0\.0\.0\.0/,
  );
  assert.match(text, /Not Before: Jan {2}1 00:00:00 1970 GMT/);
});

test('issueServer() makes what openssl accepts, strictly, for every name', () => {
  for (const name of NAMES) assert.match(verify(identity.cert, '-verify_hostname', name), /: OK/, name);
  assert.match(verify(identity.cert, '-verify_hostname', 'www.office.example'), /hostname mismatch/);
});

test('issueServer(): no client accepts a certificate of the authority for a name of another domain', () => {
  const foreign = issueServer(authority, [HOST, 'www.bank.example'], NOW);
  assert.match(verify(foreign.cert), /permitted subtree violation/);
});

test('issueServer(): no client accepts a certificate of another authority', () => {
  const other = issueServer(makeAuthority(['office.example'], NOW), [HOST], NOW);
  assert.match(verify(other.cert), /unable to get (?:local )?issuer/);
});

test('issueServer() makes certificates of at most 825 days, which Apple wants, from a day before', () => {
  const { validFromDate, validToDate } = new X509Certificate(identity.cert);
  assert.ok(validToDate.getTime() - validFromDate.getTime() <= 825 * DAY);
  assert.ok(NOW - validFromDate.getTime() >= DAY - 1000);
});

test('issueServer() of a box without the time makes one that is good in any year to come', () => {
  const { cert } = issueServer(makeAuthority(['office.example'], Timestamp(0)), [HOST], Timestamp(0));
  const { validFromDate, validToDate } = new X509Certificate(cert);
  assert.equal(validFromDate.getTime(), 0);
  assert.equal(validToDate.getUTCFullYear(), 2036);
});

test('makeAuthority() and issueServer() put names too long for a common name elsewhere (RFC 5280 appendix A.1)', () => {
  const domain = `${'a'.repeat(60)}.example`;
  const long = makeAuthority([domain], NOW);
  assert.match(new X509Certificate(long.cert).subject, /^CN=Gatepost [0-9a-f]{8}$/);
  const certificate = new X509Certificate(issueServer(long, [`mail.${domain}`], NOW).cert);
  assert.equal(certificate.subject, 'CN=mail server');
  assert.equal(certificate.checkHost(`mail.${domain}`), `mail.${domain}`);
});

test('makeIdentity() serves a TLS client that trusts its authority and checks the name', async () => {
  const pair = makeIdentity(HOST, NOW);
  const server = createServer({ ...pair }, (socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ca: pair.cert, servername: HOST });
  const [chunk] = (await once(client, 'data')) as [Buffer];
  assert.equal(chunk.toString(), 'hello');
  assert.equal(client.authorized, true);
  client.end();
  await new Promise((resolve) => server.close(resolve));
});
