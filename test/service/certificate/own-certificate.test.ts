import assert from 'node:assert/strict';
import { X509Certificate, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Days } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { nodeFiles } from '../../../src/io/node/files.ts';
import {
  type CertificatePorts,
  type OwnCertificate,
  OwnCertificates,
  type WantedNames,
  mayVouchFor,
} from '../../../src/service/certificate/own-certificate.ts';
import { encodePem } from '../../../src/service/certificate/pem.ts';
import { encodeCertificate, encodeTbsCertificate } from '../../../src/wire/x509/certificate.ts';
import { serverExtensions } from '../../../src/wire/x509/extensions.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

const HOST = 'mail.office.example';
const NOW = Timestamp(Date.UTC(2026, 10, 22));

function namesOf(domains = ['office.example'], required = [HOST]): WantedNames {
  return { required, all: [...required, ...domains.map((domain) => `autoconfig.${domain}`)], domains };
}

/** A box with its `tls` directory, started again as often as wanted. */
class Bench {
  readonly files = new MemoryFiles();
  readonly clock = new FakeClock();
  log = new MemoryLog();

  constructor(now = NOW) {
    this.clock.setWallTime(now);
  }

  get certificates(): OwnCertificates {
    this.log = new MemoryLog();
    return new OwnCertificates(this.ports);
  }

  get ports(): CertificatePorts {
    const { files, clock, log } = this;
    return { directory: 'tls', files, clock, log };
  }

  ensure(names = namesOf()): Promise<OwnCertificate> {
    return this.certificates.ensure(names);
  }
}

const leaf = ({ identity }: OwnCertificate): X509Certificate => new X509Certificate(identity.cert);

test('OwnCertificates make authority and certificate once and keep them', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  assert.deepEqual(await bench.ensure(), first);
  assert.deepEqual(bench.log.entries, []);
  assert.equal(first.isFirstKind, false);
});

test('OwnCertificates make a certificate of the same authority when a name is missing', async () => {
  const bench = new Bench();
  const first = await bench.ensure(namesOf(['office.example', 'shop.example'], [HOST]));
  const second = await bench.ensure(
    namesOf(['office.example', 'shop.example'], [HOST, 'box.office.example']),
  );
  assert.deepEqual(second.authority, first.authority);
  assert.notEqual(second.identity.cert, first.identity.cert);
  assert.equal(leaf(second).checkHost('box.office.example'), 'box.office.example');
  assert.match(bench.log.text, /made anew: it is not for box\.office\.example/);
});

test('OwnCertificates leave out a new domain that the authority may not vouch for, rather than lose what devices trust', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  const second = await bench.ensure(namesOf(['office.example', 'shop.example']));
  assert.deepEqual(second, first);
  assert.equal(leaf(second).checkHost('autoconfig.shop.example'), undefined);
});

test('OwnCertificates on a full disk issue by the authority there is, once, and write it at the next start', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  const certificates = bench.certificates;
  const names = namesOf(['office.example'], [HOST, 'box.office.example']);
  bench.files.capacity = 0;
  const second = await certificates.ensure(names);
  assert.deepEqual(second.authority, first.authority);
  assert.equal(leaf(second).checkHost('box.office.example'), 'box.office.example');
  assert.match(bench.log.text, /good until the next start only/);
  assert.deepEqual(await certificates.ensure(names), second);
  bench.files.capacity = 1_000_000;
  const third = await bench.ensure(names);
  assert.deepEqual(third.authority, first.authority);
  assert.deepEqual(await bench.ensure(names), third);
});

test('OwnCertificates.renew() makes an authority for all domains', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  const names = namesOf(['office.example', 'shop.example']);
  await bench.certificates.renew(names);
  const second = await bench.ensure(names);
  assert.notEqual(second.authority.cert, first.authority.cert);
  assert.equal(leaf(second).checkHost('autoconfig.shop.example'), 'autoconfig.shop.example');
});

test('OwnCertificates make a new authority when the office has another domain, of which nothing could be vouched for', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  const second = await bench.ensure(namesOf(['firm.example'], ['mail.firm.example']));
  assert.notEqual(second.authority.cert, first.authority.cert);
  assert.equal(leaf(second).checkHost('mail.firm.example'), 'mail.firm.example');
  assert.match(
    bench.log.text,
    /devices have to be told to trust it: it may not vouch for mail\.firm\.example/,
  );
});

test('OwnCertificates renew the certificate 90 days before its end, by the same authority', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  bench.clock.setWallTime(after(NOW, Days(728)));
  assert.deepEqual(await bench.ensure(), first);
  bench.clock.setWallTime(after(NOW, Days(730)));
  const second = await bench.ensure();
  assert.deepEqual(second.authority, first.authority);
  assert.notEqual(second.identity.cert, first.identity.cert);
  assert.match(bench.log.text, /it ends soon/);
});

test('OwnCertificates of a box that learns the time later make a certificate with dates then, by the same authority', async () => {
  const bench = new Bench(Timestamp(0));
  const first = await bench.ensure();
  assert.equal(leaf(first).validFromDate.getTime(), 0);
  assert.deepEqual(await bench.ensure(), first);
  bench.clock.setWallTime(Timestamp(Date.UTC(2029, 0, 1)));
  const second = await bench.ensure();
  assert.deepEqual(second.authority, first.authority);
  assert.equal(leaf(second).validFromDate.getTime(), Date.UTC(2028, 11, 31));
});

test('OwnCertificates keep what is there while the clock is back in 1970', async () => {
  const bench = new Bench();
  const first = await bench.ensure();
  bench.clock.setWallTime(Timestamp(5000));
  assert.deepEqual(await bench.ensure(), first);
});

test('OwnCertificates make anew what was made in a future that the clock had wrong', async () => {
  const bench = new Bench(Timestamp(Date.UTC(2031, 0, 1)));
  const first = await bench.ensure();
  bench.clock.setWallTime(NOW);
  const second = await bench.ensure();
  assert.deepEqual(second.authority, first.authority);
  assert.ok(leaf(second).validFromDate.getTime() < NOW);
});

test('OwnCertificates make anew what cannot be read, and tell nothing of a key', async () => {
  for (const name of ['authority.pem', 'server.pem']) {
    const bench = new Bench();
    const first = await bench.ensure();
    const content = fromLatin1((await bench.files.read(`tls/${name}`)) ?? new Uint8Array());
    await bench.files.replace(`tls/${name}`, latin1(content.slice(0, content.length / 2)));
    const second = await bench.ensure();
    assert.notEqual(second.identity.cert, first.identity.cert, name);
    assert.equal(second.authority.cert === first.authority.cert, name === 'server.pem');
    assert.match(bench.log.text, /made anew/);
    assert.doesNotMatch(bench.log.text, /PRIVATE|MIG/);
    assert.deepEqual(await bench.ensure(), second);
  }
});

test('OwnCertificates keep keys readable for their owner only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-tls-'));
  await new OwnCertificates({ ...new Bench().ports, files: nodeFiles(directory) }).ensure(namesOf());
  for (const name of ['authority.pem', 'server.pem'])
    assert.equal(statSync(join(directory, 'tls', name)).mode & 0o777, 0o600);
  rmSync(directory, { recursive: true });
});

/** As earlier versions made it: it vouches for itself, from 1970 on for ten years. */
function firstKind(hostNames: readonly string[], notAfter = Timestamp(Date.UTC(2036, 0, 1))): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [name = ''] = hostNames;
  const keyId = new Uint8Array(20);
  const tbs = encodeTbsCertificate({
    serial: Uint8Array.of(1),
    subject: name,
    issuer: name,
    notBefore: Timestamp(0),
    notAfter,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    extensions: serverExtensions({ keyId, authorityKeyId: keyId, hostNames }),
  });
  const certificate = encodeCertificate(tbs, sign('sha256', tbs, privateKey));
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) + encodePem('CERTIFICATE', certificate);
}

test('OwnCertificates of a box with a certificate of ten years keep it, as mail programs trust this one', async () => {
  const bench = new Bench();
  await bench.files.makeDirectory('tls');
  const content = firstKind([HOST]);
  await bench.files.replace('tls/self-signed.pem', latin1(content));
  const { identity, isFirstKind } = await bench.ensure();
  assert.equal(identity.key + identity.cert, content);
  assert.equal(isFirstKind, true);
});

test('OwnCertificates let the certificate of ten years go when it misses the mail host, ends, or the owner asks for a new one', async () => {
  for (const [content, reason] of [
    [firstKind(['old.office.example']), /mail programs will ask.*it is not for mail\.office\.example/],
    [firstKind([HOST], Timestamp(NOW + Days(80))), /mail programs will ask.*it ends soon/],
    ['broken', /mail programs will ask/],
    [firstKind([HOST]), /^$/],
  ] as const) {
    const bench = new Bench();
    await bench.files.makeDirectory('tls');
    await bench.files.replace('tls/self-signed.pem', latin1(content));
    if (reason.test('')) await bench.certificates.renew(namesOf());
    const own = await bench.ensure();
    assert.equal(own.isFirstKind, false);
    assert.match(bench.log.text, reason);
    assert.equal(await bench.files.read('tls/self-signed.pem'), undefined);
  }
});

test('mayVouchFor() is about whole labels', () => {
  const authority = { domains: ['office.example'] };
  for (const [name, expected] of [
    ['office.example', true],
    ['a.b.office.example', true],
    ['backoffice.example', false],
    ['example', false],
  ] as const)
    assert.equal(mayVouchFor(authority, name), expected, name);
});
