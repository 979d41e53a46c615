import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError, UserError } from '../../../src/base/errors.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { readConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { RingLog } from '../../../src/io/log/ring-log.ts';
import { CertificateDesk } from '../../../src/role/net/certificate-desk.ts';
import { Identity } from '../../../src/role/net/identity.ts';
import { issueServer, makeAuthority } from '../../../src/service/certificate/issue.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';

const clock = new FakeClock();
const NOW = clock.wallTime();

/** A disk that cannot be written. */
class ReadOnlyFiles extends MemoryFiles {
  override replace(): Promise<void> {
    return Promise.reject(new KernelError('replace tls/authority.pem', 'EROFS'));
  }
}

function configOf(owner: object = {}): Config {
  return readConfig({ version: 1, ...owner });
}

function identityOn(data = new MemoryFiles()): Identity {
  return new Identity({ data, clock, log: new RingLog({ clock, print: () => undefined }) });
}

async function deskOf(config: Config) {
  const identity = identityOn();
  await identity.for(config);
  let follows = 0;
  const follow = async (): Promise<void> => {
    follows++;
    await identity.for(config);
  };
  return { desk: new CertificateDesk({ identity, config: () => config, follow }), follows: () => follows };
}

test('clientSetup() has the servers of the configuration, and what is to be trusted for them', async () => {
  const { desk } = await deskOf(configOf({ mail: { domains: ['office.example', 'shop.example'] } }));
  const { office, domains, incoming, trust } = desk.clientSetup();
  assert.deepEqual([office, domains], ['office.example', ['office.example', 'shop.example']]);
  assert.equal(incoming[0]?.host, 'mail.office.example');
  assert.deepEqual(
    trust.map(({ fingerprint }) => fingerprint),
    [desk.certificate().authority.fingerprint],
  );
});

test('a change is brought to the servers before it is said to be done, with what there is to warn of', async () => {
  const { desk, follows } = await deskOf(configOf());
  const { cert, key } = issueServer(makeAuthority(['office.example'], NOW), ['www.office.example'], NOW);
  const [said, warning = ''] = await desk.setCertificate(cert, key);
  assert.equal(said, 'the certificate of the owner is in force');
  assert.match(warning, /^warning: The certificate of the owner is not for mail\.office\.example/);
  assert.equal(desk.certificate().kind, 'owner');
  assert.deepEqual(desk.clientSetup().trust, []);
  assert.deepEqual(await desk.removeCertificate(), ['the certificate of the box is in force']);
  const before = desk.certificate().authority.fingerprint;
  await desk.renewCertificate();
  assert.notEqual(desk.certificate().authority.fingerprint, before);
  assert.equal(follows(), 3);
  await assert.rejects(desk.setCertificate(cert, 'no key'), UserError);
  assert.equal(follows(), 3);
});

test('Identity of a box that cannot write serves with a certificate in memory, the same until the names change', async () => {
  const identity = identityOn(new ReadOnlyFiles());
  const first = await identity.for(configOf());
  assert.match(
    first.status.problems.join(),
    /good until the next start only: Cannot replace tls\/authority\.pem: EROFS/,
  );
  assert.deepEqual(await identity.for(configOf()), first);
  const other = await identity.for(configOf({ system: { domain: 'firm.example' } }));
  assert.equal(other.status.subject, 'mail.firm.example');
});

test('Identity follows the time: a certificate made in 1970 is made anew once it is known', async () => {
  const early = new FakeClock(undefined, Timestamp(0));
  const identity = new Identity({
    data: new MemoryFiles(),
    clock: early,
    log: new RingLog({ clock: early, print: () => undefined }),
  });
  const first = await identity.for(configOf());
  early.setWallTime(Timestamp(Date.UTC(2027, 3, 1)));
  const second = await identity.for(configOf());
  assert.equal(first.status.from.slice(0, 4), '1970');
  assert.equal(second.status.from, '2027-03-31T00:00:00.000Z');
  assert.deepEqual(second.trust, first.trust);
});
