import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress } from '../../../src/base/address.ts';
import { UserError } from '../../../src/base/errors.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { LeaseNames } from '../../../src/engine/dns-zone/lease-names.ts';
import { LocalZone, type ZoneOptions } from '../../../src/engine/dns-zone/local-zone.ts';
import { RCODE, TYPE } from '../../../src/wire/dns/constants.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import type { DnsRecord, RecordData } from '../../../src/wire/dns/message.ts';
import {
  formatRecordData,
  parseOwner,
  parseRecordData,
  type WritableType,
} from '../../../src/wire/dns/presentation.ts';

const domain = parseDomainName('office.example');

function own(name: string, type: WritableType, value: string): DnsRecord {
  return { name: parseOwner(name, domain), class: 1, ttl: 300, data: parseRecordData(type, value, domain) };
}

function makeZone(changes: Partial<ZoneOptions> = {}): LocalZone {
  return new LocalZone({
    domain,
    hostName: 'gatepost',
    lan: [parsePrefix4('192.168.77.1/24')],
    lan6: [],
    mailHost: parseDomainName('mail.office.example'),
    records: [],
    ...changes,
  });
}

function text(data: RecordData): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return formatAddress(data.address);
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return data.target;
    case 'MX':
      return `${data.preference} ${data.exchange}`;
    default:
      return data.type;
  }
}

/** The answer as words: response code if not NOERROR, data of the answers, `SOA` if one is shown as authority, the name to go on with. */
function ask(zone: LocalZone, name: string, type: keyof typeof TYPE = 'A'): string {
  const answer = zone.answer({ name: parseDomainName(name), type: TYPE[type], class: 1 });
  if (answer === undefined) return 'not ours';
  const rcode = answer.rcode === RCODE.NXDOMAIN ? ['NXDOMAIN'] : [];
  const soa = answer.authorities.some((record) => record.data.type === 'SOA') ? ['+SOA'] : [];
  const target = answer.target === undefined ? [] : [`-> ${answer.target}`];
  return [...rcode, ...answer.answers.map((record) => text(record.data)), ...soa, ...target].join(' ');
}

test('LocalZone answers the built-in names under the domain', () => {
  const zone = makeZone();
  zone.setWan([parseIpv4('203.0.113.7')]);
  const expected: readonly [string, string][] = [
    ['www', '203.0.113.7'],
    ['wan', '203.0.113.7'],
    ['corp', '192.168.77.1'],
    ['admin', '192.168.77.1'],
    ['lan', '192.168.77.1'],
    ['gatepost', '192.168.77.1'],
    ['smtp', '192.168.77.1 203.0.113.7'],
    ['pop', '192.168.77.1 203.0.113.7'],
    ['mail', '192.168.77.1 203.0.113.7'],
  ];
  for (const [label, answer] of expected) assert.equal(ask(zone, `${label}.office.example`), answer, label);
  assert.equal(ask(zone, 'office.example', 'MX'), '10 mail.office.example');
  assert.equal(ask(zone, 'office.example', 'NS'), 'gatepost.office.example');
  assert.equal(ask(zone, 'office.example', 'SOA'), 'SOA');
  assert.equal(ask(zone, 'office.example'), '+SOA');
  assert.equal(ask(zone, '1.77.168.192.in-addr.arpa', 'PTR'), 'gatepost.office.example');
});

test('LocalZone follows the WAN address; without one www and wan exist and have none', () => {
  const zone = makeZone();
  assert.equal(ask(zone, 'www.office.example'), '+SOA');
  assert.equal(ask(zone, 'smtp.office.example'), '192.168.77.1');
  zone.setWan([parseIpv4('203.0.113.7'), parseIpv6('2001:db8::7')]);
  assert.equal(ask(zone, 'www.office.example', 'AAAA'), '2001:db8::7');
  zone.setWan([parseIpv4('203.0.113.8')]);
  assert.equal(ask(zone, 'www.office.example'), '203.0.113.8');
  assert.equal(ask(zone, 'www.office.example', 'AAAA'), '+SOA');
  zone.setWan([]);
  assert.equal(ask(zone, 'wan.office.example'), '+SOA');
});

test('LocalZone sends the mail of a box without mail nowhere, and that of a foreign mail host to smtp', () => {
  const without = makeZone({ mailHost: undefined });
  assert.equal(ask(without, 'office.example', 'MX'), '+SOA');
  const foreign = makeZone({ mailHost: parseDomainName('mx.provider.example') });
  assert.equal(ask(foreign, 'office.example', 'MX'), '10 smtp.office.example');
  assert.equal(ask(foreign, 'mx.provider.example'), 'not ours');
});

test('LocalZone tells "no such name" from "nothing of that type", both with the SOA record (RFC 2308 §2)', () => {
  const zone = makeZone({ records: [own('_sip._tcp', 'SRV', '0 0 5060 gatepost')] });
  assert.equal(ask(zone, 'nobody.office.example'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, 'admin.office.example', 'AAAA'), '+SOA');
  assert.equal(ask(zone, '_tcp.office.example'), '+SOA');
  assert.equal(ask(zone, 'x._tcp.office.example'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, '99.77.168.192.in-addr.arpa', 'PTR'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, 'office.example.org'), 'not ours');
  assert.equal(ask(zone, 'backoffice.example'), 'not ours');
  assert.equal(ask(zone, 'example'), 'not ours');
});

test('LocalZone answers for a client while its lease lasts, forth and back', () => {
  const zone = makeZone();
  const address = parseIpv4('192.168.77.20');
  assert.deepEqual(zone.setLeaseName('PC1', address), { granted: true, name: 'pc1.office.example' });
  assert.equal(ask(zone, 'pc1.office.example'), '192.168.77.20');
  assert.equal(ask(zone, 'pc1.office.example', 'AAAA'), '+SOA');
  assert.equal(ask(zone, '20.77.168.192.in-addr.arpa', 'PTR'), 'pc1.office.example');
  zone.setLeaseName('pc1', address);
  zone.removeLease(address);
  assert.equal(ask(zone, 'pc1.office.example'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, '20.77.168.192.in-addr.arpa', 'PTR'), 'NXDOMAIN +SOA');
});

test('LocalZone gives a client that renames itself the new name only', () => {
  const zone = makeZone();
  zone.setLeaseName('old', parseIpv4('192.168.77.20'));
  zone.setLeaseName('new', parseIpv4('192.168.77.20'));
  assert.equal(ask(zone, 'old.office.example'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, 'new.office.example'), '192.168.77.20');
});

test('LocalZone leaves a name with the first client and says why the second does not get it', () => {
  const zone = makeZone();
  zone.setLeaseName('pc', parseIpv4('192.168.77.20'));
  assert.deepEqual(zone.setLeaseName('pc', parseIpv4('192.168.77.21')), {
    granted: false,
    reason: 'pc.office.example is the name of 192.168.77.20 already',
  });
  assert.equal(ask(zone, 'pc.office.example'), '192.168.77.20');
  assert.equal(ask(zone, '21.77.168.192.in-addr.arpa', 'PTR'), 'NXDOMAIN +SOA');
  assert.equal(
    zone.leaseNameProblem(parseIpv4('192.168.77.21')),
    'pc.office.example is the name of 192.168.77.20 already',
  );
  zone.removeLease(parseIpv4('192.168.77.20'));
  assert.equal(ask(zone, 'pc.office.example'), '192.168.77.21');
  assert.equal(ask(zone, '21.77.168.192.in-addr.arpa', 'PTR'), 'pc.office.example');
  assert.equal(zone.leaseNameProblem(parseIpv4('192.168.77.21')), undefined);
});

test('LocalZone lets no client take a name of the box, of a static record or localhost', () => {
  const zone = makeZone({ records: [own('printer', 'A', '192.168.77.9')] });
  for (const name of ['www', 'ADMIN', 'gatepost', 'smtp', 'mail', 'printer', 'localhost'])
    assert.ok(!zone.setLeaseName(name, parseIpv4('192.168.77.20')).granted, name);
  assert.equal(ask(zone, 'printer.office.example'), '192.168.77.9');
});

test('LocalZone makes a host name of what a client calls itself', () => {
  const zone = makeZone();
  const address = parseIpv4('192.168.77.20');
  const names: readonly [string, string][] = [
    ["Alice's iPad", 'alice-s-ipad'],
    ['pc1.office.example', 'pc1'],
    ['_under_', 'under'],
    ['x'.repeat(80), 'x'.repeat(63)],
  ];
  for (const [given, label] of names)
    assert.deepEqual(zone.setLeaseName(given, address), { granted: true, name: `${label}.office.example` });
  for (const given of ['', '---', '.pc', 'ü'])
    assert.ok(!zone.setLeaseName(given, address).granted, JSON.stringify(given));
});

test("LocalZone prefers the owner's records to its own and names their addresses backwards", () => {
  const zone = makeZone({
    records: [
      own('www', 'A', '192.168.77.5'),
      own('pop', 'CNAME', 'www'),
      own('@', 'TXT', 'v=spf1 -all'),
      own('@', 'MX', '5 relay.example.net'),
    ],
  });
  zone.setWan([parseIpv4('203.0.113.7'), parseIpv6('2001:db8::7')]);
  assert.equal(ask(zone, 'www.office.example'), '192.168.77.5');
  assert.equal(ask(zone, 'www.office.example', 'AAAA'), '+SOA');
  assert.equal(ask(zone, 'pop.office.example'), 'www.office.example 192.168.77.5');
  assert.equal(ask(zone, 'office.example', 'TXT'), 'TXT');
  assert.equal(ask(zone, 'office.example', 'MX'), '5 relay.example.net');
  assert.equal(ask(zone, '5.77.168.192.in-addr.arpa', 'PTR'), 'www.office.example');
});

test('LocalZone follows aliases within the zone and names the first target outside', () => {
  const zone = makeZone({
    records: [
      own('shop', 'CNAME', 'store'),
      own('store', 'CNAME', 'shops.example.net'),
      own('here', 'CNAME', 'gatepost'),
      own('round', 'CNAME', 'about'),
      own('about', 'CNAME', 'round'),
    ],
  });
  assert.equal(ask(zone, 'here.office.example'), 'gatepost.office.example 192.168.77.1');
  assert.equal(ask(zone, 'here.office.example', 'AAAA'), 'gatepost.office.example +SOA');
  assert.equal(ask(zone, 'here.office.example', 'CNAME'), 'gatepost.office.example');
  assert.equal(
    ask(zone, 'shop.office.example'),
    'store.office.example shops.example.net -> shops.example.net',
  );
  assert.match(ask(zone, 'round.office.example'), /^about\.office\.example round\.office\.example /);
});

test("LocalZone answers the owner's records of names elsewhere, and only those names", () => {
  const zone = makeZone({ records: [own('nas.other.example.', 'A', '192.168.77.8')] });
  assert.equal(ask(zone, 'nas.other.example'), '192.168.77.8');
  assert.equal(ask(zone, 'nas.other.example', 'AAAA'), '');
  assert.equal(ask(zone, 'www.other.example'), 'not ours');
});

test('LocalZone takes a single label for a host of the office if there is one', () => {
  const zone = makeZone();
  zone.setLeaseName('pc1', parseIpv4('192.168.77.20'));
  const answer = zone.answer({ name: parseDomainName('pc1'), type: TYPE.A, class: 1 });
  assert.equal(answer?.answers[0]?.name, 'pc1');
  assert.equal(ask(zone, 'pc1'), '192.168.77.20');
  assert.equal(ask(zone, 'com'), 'not ours');
  assert.equal(ask(zone, 'com', 'NS'), 'not ours');
});

test('LocalZone never passes on localhost, private reverse names and reserved domains (RFC 6761, RFC 6303)', () => {
  const zone = makeZone();
  assert.equal(ask(zone, 'localhost'), '127.0.0.1');
  assert.equal(ask(zone, 'foo.localhost', 'AAAA'), '::1');
  assert.equal(ask(zone, 'localhost', 'MX'), '+SOA');
  assert.equal(ask(zone, '1.0.0.127.in-addr.arpa', 'PTR'), 'localhost');
  for (const name of [
    'x.invalid',
    'x.test',
    'printer.local',
    'abc.onion',
    'nas.home.arpa',
    '_dns.resolver.arpa',
    '7.0.0.10.in-addr.arpa',
    '1.0.31.172.in-addr.arpa',
    '4.3.168.192.in-addr.arpa',
    '1.1.254.169.in-addr.arpa',
    '1.1.100.100.in-addr.arpa',
  ])
    assert.equal(ask(zone, name, 'PTR'), 'NXDOMAIN +SOA', name);
  assert.equal(ask(zone, '10.in-addr.arpa', 'SOA'), 'SOA');
  assert.equal(ask(zone, '10.in-addr.arpa', 'NS'), '+SOA');
  for (const name of ['8.8.8.8.in-addr.arpa', '1.0.32.172.in-addr.arpa', 'arpa', 'example', 'notlocal'])
    assert.equal(ask(zone, name, 'PTR'), 'not ours', name);
});

test('LocalZone serves an office whose domain is a reserved one', () => {
  const zone = makeZone({ domain: parseDomainName('home.arpa'), mailHost: undefined });
  assert.equal(ask(zone, 'admin.home.arpa'), '192.168.77.1');
  assert.equal(ask(zone, 'nobody.home.arpa'), 'NXDOMAIN +SOA');
});

test('LocalZone.names() lists every record with where its name comes from', () => {
  const zone = makeZone({ mailHost: undefined, records: [own('printer', 'A', '192.168.77.9')] });
  zone.setWan([parseIpv4('203.0.113.7')]);
  zone.setLeaseName('pc1', parseIpv4('192.168.77.20'));
  const lines = zone.names().map(({ name, data, source }) => `${name} ${formatRecordData(data)} ${source}`);
  assert.ok(lines.includes('printer.office.example 192.168.77.9 static'));
  assert.ok(lines.includes('www.office.example 203.0.113.7 built-in'));
  assert.ok(lines.includes('pc1.office.example 192.168.77.20 dhcp'));
  assert.equal(lines.length, 8);
});

test('LocalZone names its IPv6 addresses on the LAN', () => {
  const zone = makeZone({ lan6: [parseIpv6('fd00::1')] });
  assert.equal(ask(zone, 'admin.office.example', 'AAAA'), 'fd00::1');
});

test('LocalZone refuses records of one name that no answer could hold', () => {
  const records = Array.from({ length: 5 }, () => own('big', 'TXT', 'x'.repeat(16_000)));
  assert.throws(
    () => makeZone({ records }),
    (error) => error instanceof UserError && error.message.includes('big.office.example'),
  );
  makeZone({ records: records.slice(0, 3) });
});

test('LocalZone does not go through the leases for any question, whether the name is there or not', (t) => {
  const zone = makeZone();
  for (let host = 2; host < 200; host++) zone.setLeaseName(`pc${host}`, parseIpv4(`192.168.77.${host}`));
  const walks = t.mock.method(LeaseNames.prototype, 'entries');
  assert.equal(ask(zone, 'nobody.office.example'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, '_ldap._tcp.nobody.office.example', 'SRV'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, '250.77.168.192.in-addr.arpa', 'PTR'), 'NXDOMAIN +SOA');
  assert.equal(ask(zone, 'pc2.office.example', 'AAAA'), '+SOA');
  assert.equal(ask(zone, 'pc2.office.example'), '192.168.77.2');
  assert.equal(ask(zone, '2.77.168.192.in-addr.arpa', 'PTR'), 'pc2.office.example');
  assert.equal(walks.mock.callCount(), 0);
});

test('LocalZone says "nothing of that type" above a lease as long as there is one below (RFC 8020 section 2)', () => {
  const zone = makeZone({ lan: [parsePrefix4('10.20.0.1/16')] });
  const [first, second] = [parseIpv4('10.20.30.40'), parseIpv4('10.20.30.41')];
  const above = '30.20.10.in-addr.arpa';
  assert.equal(ask(zone, above, 'PTR'), 'NXDOMAIN +SOA');
  zone.setLeaseName('pc', first);
  zone.setLeaseName('tablet', second);
  zone.setLeaseName('laptop', first);
  zone.removeLease(first);
  assert.equal(ask(zone, above, 'PTR'), '+SOA');
  zone.removeLease(second);
  assert.equal(ask(zone, above, 'PTR'), 'NXDOMAIN +SOA');
});
