import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { after, test } from 'node:test';
import { Days } from '../../src/base/duration.ts';
import { Timestamp } from '../../src/base/instant.ts';
import { latin1 } from '../../src/base/text.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { ensureCertificate, makeSelfSigned } from '../../src/service/certificate.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { MemoryFiles } from '../fake/memory-files.ts';
import { MemoryLog } from '../fake/memory-log.ts';

const HOST = 'mail.office.example';
const identity = makeSelfSigned(HOST, Timestamp(Date.UTC(2026, 5, 1)));

const directory = mkdtempSync(join(tmpdir(), 'gatepost-tls-'));
after(() => rmSync(directory, { recursive: true }));
const certFile = join(directory, 'cert.pem');
writeFileSync(certFile, identity.cert);

const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

test('makeSelfSigned() makes a certificate that openssl prints', () => {
  const text = openssl('x509', '-in', certFile, '-noout', '-text');
  assert.match(text, /Subject: CN = mail\.office\.example/);
  assert.match(text, /DNS:mail\.office\.example/);
  assert.match(text, /Not Before: Jan {2}1 00:00:00 1970 GMT/);
  assert.match(text, /Not After : .* 2036 GMT/);
  assert.match(text, /ASN1 OID: prime256v1/);
  assert.match(text, /TLS Web Server Authentication/);
});

test('makeSelfSigned() makes a certificate that openssl accepts once it is trusted', () => {
  const options = ['-CAfile', certFile, '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', HOST];
  assert.match(openssl('verify', ...options, certFile), /: OK/);
});

test('makeSelfSigned() serves a TLS client that trusts it and checks the name', async () => {
  const server = createServer({ ...identity }, (socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ca: identity.cert, servername: HOST });
  const [chunk] = (await once(client, 'data')) as [Buffer];
  assert.equal(chunk.toString(), 'hello');
  assert.equal(client.authorized, true);
  client.end();
  await new Promise((resolve) => server.close(resolve));
});

test('makeSelfSigned() makes a certificate that outlives a wrong clock', () => {
  const { cert } = makeSelfSigned(HOST, Timestamp(0));
  writeFileSync(join(directory, 'old.pem'), cert);
  assert.match(openssl('x509', '-in', join(directory, 'old.pem'), '-noout', '-enddate'), / 2036 GMT/);
});

function settings(files: MemoryFiles, hostName = HOST) {
  return { directory: 'tls', hostName, otherNames: [], files, clock: new FakeClock(), log: new MemoryLog() };
}

test('ensureCertificate() makes the pair once and keeps it', async () => {
  const files = new MemoryFiles();
  const first = await ensureCertificate(settings(files));
  const again = settings(files);
  assert.deepEqual(await ensureCertificate(again), first);
  assert.deepEqual(again.log.entries, []);
});

test('ensureCertificate() makes it anew for another host name, near the end, and when it cannot be read', async () => {
  const files = new MemoryFiles();
  const first = await ensureCertificate(settings(files));
  const renamed = await ensureCertificate(settings(files, 'mx.office.example'));
  assert.notEqual(renamed.cert, first.cert);
  const late = settings(files, 'mx.office.example');
  late.clock.setWallTime(Timestamp(Date.UTC(2026, 0, 15) + Days(3600)));
  const renewed = await ensureCertificate(late);
  assert.notEqual(renewed.cert, renamed.cert);
  assert.match(late.log.text, /made anew.*it ends soon/);
  await files.replace('tls/self-signed.pem', latin1(renewed.key.slice(0, 100)));
  const damaged = settings(files, 'mx.office.example');
  assert.notEqual((await ensureCertificate(damaged)).cert, renewed.cert);
  assert.match(damaged.log.text, /made anew/);
  assert.doesNotMatch(damaged.log.text, /PRIVATE|MIG/);
});

test('ensureCertificate() makes it for all names, and anew when one is missing', async () => {
  const files = new MemoryFiles();
  const first = await ensureCertificate(settings(files));
  const names = ['smtp.office.example', 'pop.office.example'];
  const second = await ensureCertificate({ ...settings(files), otherNames: names });
  assert.notEqual(second.cert, first.cert);
  for (const name of [HOST, ...names]) assert.equal(new X509Certificate(second.cert).checkHost(name), name);
  assert.deepEqual(await ensureCertificate({ ...settings(files), otherNames: names }), second);
});

test('ensureCertificate() keeps the key readable for its owner only', async () => {
  await ensureCertificate({ ...settings(new MemoryFiles()), files: nodeFiles(directory) });
  assert.equal(statSync(join(directory, 'tls', 'self-signed.pem')).mode & 0o777, 0o600);
});
