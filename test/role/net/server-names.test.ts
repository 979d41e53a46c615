import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import {
  certificateDomains,
  certificateNames,
  clientServers,
  serverNames,
} from '../../../src/role/net/server-names.ts';

function configOf(owner: object = {}): Config {
  return readConfig({ version: 1, ...owner });
}

test('serverNames() begins with the mail host and names nothing twice', () => {
  const expected = ['mail', 'smtp', 'pop', 'admin', 'gatepost'].map((label) => `${label}.office.example`);
  assert.deepEqual(serverNames(configOf()), expected);
  const [first, ...others] = serverNames(configOf({ mail: { hostName: 'smtp.office.example' } }));
  assert.equal(first, 'smtp.office.example');
  assert.ok(!others.includes('smtp.office.example'));
});

test('certificateNames() has what mail programs ask for under every domain of mail', () => {
  const names = certificateNames(configOf({ mail: { domains: ['office.example', 'shop.example'] } }));
  for (const domain of ['office.example', 'shop.example'])
    for (const label of ['mail', 'smtp', 'pop', 'autoconfig', 'autodiscover'])
      assert.ok(names.includes(`${label}.${domain}`), `${label}.${domain}`);
  assert.deepEqual(certificateNames(configOf({ mail: { enabled: false } })), serverNames(configOf()));
});

test('certificateDomains() cover every name of the certificate, and a mail host elsewhere by itself alone', () => {
  const mail = { domains: ['shop.example'], hostName: 'host-7.provider.example' };
  const domains = certificateDomains(configOf({ mail }));
  assert.deepEqual(domains, ['office.example', 'shop.example', 'host-7.provider.example']);
  for (const name of certificateNames(configOf({ mail })))
    assert.ok(
      domains.some((domain) => name === domain || name.endsWith(`.${domain}`)),
      name,
    );
  assert.deepEqual(certificateDomains(configOf()), ['office.example']);
});

test('clientServers() names the mail host, encrypted ports first', () => {
  const { domains, incoming, outgoing } = clientServers(configOf());
  assert.deepEqual(domains, ['office.example']);
  assert.deepEqual(
    [...incoming, ...outgoing].map(({ service, host, port, tls }) => `${service} ${host} ${port} ${tls}`),
    [
      'pop3s mail.office.example 995 implicit',
      'pop3 mail.office.example 110 starttls',
      'submissions mail.office.example 465 implicit',
      'submission mail.office.example 587 starttls',
    ],
  );
});

test('clientServers() names smtp and pop where the mail host is of another domain, and nothing without mail', () => {
  const { incoming, outgoing } = clientServers(configOf({ mail: { hostName: 'host-7.provider.example' } }));
  assert.equal(incoming[0]?.host, 'pop.office.example');
  assert.equal(outgoing[0]?.host, 'smtp.office.example');
  const off = clientServers(configOf({ mail: { enabled: false } }));
  assert.deepEqual([off.domains, off.incoming, off.outgoing], [[], [], []]);
});
