import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Days } from '../../../src/base/duration.ts';
import { UserError } from '../../../src/base/errors.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import { latin1 } from '../../../src/base/text.ts';
import { nodeFiles } from '../../../src/io/node/files.ts';
import { tryTlsIdentity } from '../../../src/io/node/tls-identity.ts';
import {
  Certificates,
  type CertificatesPorts,
  unstoredCertificate,
} from '../../../src/service/certificate/certificates.ts';
import { issueServer, makeAuthority } from '../../../src/service/certificate/issue.ts';
import type { WantedNames } from '../../../src/service/certificate/own-certificate.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

const NOW = Timestamp(Date.UTC(2026, 10, 22));
const HOST = 'mail.office.example';
const NAMES: WantedNames = {
  required: [HOST],
  all: [HOST, 'autoconfig.office.example'],
  domains: ['office.example'],
};

const outside = makeAuthority(['office.example'], NOW);
const owners = issueServer(outside, [HOST], NOW);

class Bench {
  readonly files = new MemoryFiles();
  readonly clock = new FakeClock();
  readonly log = new MemoryLog();
  readonly certificates = this.restarted();

  constructor() {
    this.clock.setWallTime(NOW);
  }

  restarted(): Certificates {
    return new Certificates(this.ports);
  }

  get ports(): CertificatesPorts {
    const { files, clock, log } = this;
    return { directory: 'tls', files, clock, log, tryIdentity: tryTlsIdentity };
  }

  async replace(text: string): Promise<void> {
    await this.files.makeDirectory('tls');
    await this.files.replace('tls/owner.pem', latin1(text));
  }
}

test("Certificates: the box's own is in force with its authority to be trusted, until the owner gives one, which needs no trust", async () => {
  const { certificates } = new Bench();
  const own = await certificates.inForce(NAMES);
  assert.deepEqual([own.status.kind, own.status.names, own.status.problems], ['own', NAMES.all, []]);
  assert.deepEqual(
    own.trust.map(({ fingerprint }) => fingerprint),
    [own.status.authority.fingerprint],
  );
  await certificates.set(owners.cert, owners.key);
  const given = await certificates.inForce(NAMES);
  assert.deepEqual(given.identity, owners);
  assert.deepEqual([given.status.kind, given.trust], ['owner', []]);
  assert.deepEqual(given.status.missing, ['autoconfig.office.example']);
  assert.deepEqual(given.status.problems, []);
  assert.deepEqual(given.status.authority, own.status.authority);
});

test("Certificates.remove() goes back to the box's own, and refuses where there is none of the owner", async () => {
  const { certificates } = new Bench();
  const own = await certificates.inForce(NAMES);
  await certificates.set(owners.cert, owners.key);
  await certificates.remove();
  assert.deepEqual(await certificates.inForce(NAMES), own);
  await assert.rejects(
    certificates.remove(),
    new UserError('Cannot remove the certificate of the owner: there is none'),
  );
});

test('Certificates.set() refuses a broken pair, and what was in force stays', async () => {
  const { certificates } = new Bench();
  await certificates.set(owners.cert, owners.key);
  const { key } = issueServer(outside, [HOST], NOW);
  await assert.rejects(certificates.set(owners.cert, key), UserError);
  const { identity, status } = await certificates.inForce(NAMES);
  assert.deepEqual([identity, status.problems], [owners, []]);
});

test('Certificates: when the file of the owner breaks, the one before stays in force and that is said', async () => {
  const bench = new Bench();
  await bench.replace(owners.key + owners.cert);
  assert.deepEqual((await bench.certificates.inForce(NAMES)).identity, owners);
  await bench.replace(owners.cert);
  const { identity, status } = await bench.certificates.inForce(NAMES);
  assert.deepEqual(identity, owners);
  assert.match(
    status.problems.join(),
    /holds 0 private keys.*the one before stays in use \(tls\/owner\.pem\)/,
  );
  const restarted = await bench.restarted().inForce(NAMES);
  assert.equal(restarted.status.kind, 'own');
  assert.match(restarted.status.problems.join(), /the box's own is in use/);
});

test('Certificates: a file that the owner replaces by a good one is followed', async () => {
  const bench = new Bench();
  await bench.replace('nothing');
  await bench.certificates.inForce(NAMES);
  await bench.replace(owners.cert + owners.key);
  const { identity, status } = await bench.certificates.inForce(NAMES);
  assert.deepEqual([identity, status.problems], [owners, []]);
});

test("Certificates tell of the end of the owner's certificate from 21 days before, and use it all the same", async () => {
  const bench = new Bench();
  const { certificates, clock } = bench;
  await certificates.set(owners.cert, owners.key);
  const end = Date.UTC(2026, 10, 21) + Days(820);
  for (const [left, said] of [
    [22, /^$/],
    [20, /ends on 2029-02-18: "gatepost certificate set" takes a new one/],
    [-1, /ended on 2029-02-18/],
  ] as const) {
    clock.setWallTime(after(Timestamp(end), Days(-left)));
    const { identity, status } = await certificates.inForce(NAMES);
    assert.deepEqual(identity, owners);
    assert.match(status.problems.join(), said);
  }
});

test('Certificates warn of a certificate of the owner without the name of the mail server', async () => {
  const { certificates } = new Bench();
  const other = issueServer(outside, ['www.office.example'], NOW);
  await certificates.set(other.cert, other.key);
  const { status } = await certificates.inForce(NAMES);
  assert.match(
    status.problems.join(),
    /is not for mail\.office\.example: mail programs that use this name refuse it/,
  );
});

test('Certificates say which names of a new domain the own one lacks, and renew() gives it them', async () => {
  const { certificates } = new Bench();
  await certificates.inForce(NAMES);
  const more: WantedNames = {
    ...NAMES,
    all: [...NAMES.all, 'autoconfig.shop.example'],
    domains: ['office.example', 'shop.example'],
  };
  const { status } = await certificates.inForce(more);
  assert.deepEqual(status.missing, ['autoconfig.shop.example']);
  assert.match(status.problems.join(), /is not for autoconfig\.shop\.example.*gatepost certificate renew/);
  await certificates.renew(more);
  const renewed = await certificates.inForce(more);
  assert.deepEqual([renewed.status.missing, renewed.status.problems], [[], []]);
});

test('Certificates keep the key of the owner readable for root only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-tls-'));
  const ports = {
    ...new Bench().ports,
    files: nodeFiles(directory),
  };
  await new Certificates(ports).set(owners.cert, owners.key);
  assert.equal(statSync(join(directory, 'tls/owner.pem')).mode & 0o777, 0o600);
  rmSync(directory, { recursive: true });
});

test('Certificates.set() refuses what TLS does not take', async () => {
  const bench = new Bench();
  const certificates = new Certificates({
    ...bench.ports,
    tryIdentity: () => Promise.reject(new Error('ee key too small')),
  });
  await assert.rejects(
    certificates.set(owners.cert, owners.key),
    /TLS does not take it \(ee key too small\)/,
  );
  assert.equal(await bench.files.read('tls/owner.pem'), undefined);
});

test('unstoredCertificate() is one to be used without a disk, and says so', async () => {
  const { identity, status } = unstoredCertificate(NAMES, NOW, 'Cannot write: EROFS');
  await tryTlsIdentity(identity);
  assert.deepEqual(status.problems, [
    'The certificate is good until the next start only: Cannot write: EROFS',
  ]);
});
