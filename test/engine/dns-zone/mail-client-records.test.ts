import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { LocalZone, type ZoneOptions } from '../../../src/engine/dns-zone/local-zone.ts';
import type { ClientServers } from '../../../src/base/client-setup.ts';
import { TYPE } from '../../../src/wire/dns/constants.ts';
import { decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import {
  type WritableType,
  formatRecordData,
  parseOwner,
  parseRecordData,
} from '../../../src/wire/dns/presentation.ts';

const domain = parseDomainName('office.example');
const host = 'mail.office.example';
const mailClients: ClientServers = {
  domains: ['office.example', 'shop.example'],
  incoming: [
    { service: 'pop3s', host, port: 995, tls: 'implicit' },
    { service: 'pop3', host, port: 110, tls: 'starttls' },
  ],
  outgoing: [
    { service: 'submissions', host, port: 465, tls: 'implicit' },
    { service: 'submission', host, port: 587, tls: 'starttls' },
  ],
};

function zoneOf(changes: Partial<ZoneOptions> = {}): LocalZone {
  return new LocalZone({
    domain,
    hostName: 'gatepost',
    lan: [parsePrefix4('192.168.77.1/24')],
    lan6: [],
    mailHost: parseDomainName(host),
    mailClients,
    records: [],
    ...changes,
  });
}

function ask(zone: LocalZone, name: string, type: keyof typeof TYPE = 'SRV'): string {
  const answer = zone.answer({ name: parseDomainName(name), type: TYPE[type], class: 1 });
  return (answer?.answers ?? []).map(({ data }) => formatRecordData(data)).join(', ');
}

function own(name: string, type: WritableType, value: string) {
  return { name: parseOwner(name, domain), class: 1, ttl: 300, data: parseRecordData(type, value, domain) };
}

test('mailClientRecords(): every domain of mail has its servers, TLS from the first octet before STARTTLS (RFC 6186 §3, RFC 8314 §5.1)', () => {
  const zone = zoneOf();
  for (const name of mailClients.domains) {
    assert.equal(ask(zone, `_submissions._tcp.${name}`), `0 0 465 ${host}`);
    assert.equal(ask(zone, `_submission._tcp.${name}`), `10 0 587 ${host}`);
    assert.equal(ask(zone, `_pop3s._tcp.${name}`), `0 0 995 ${host}`);
    assert.equal(ask(zone, `_pop3._tcp.${name}`), `10 0 110 ${host}`);
    assert.equal(ask(zone, `_autodiscover._tcp.${name}`), `0 0 443 autodiscover.${name}`);
    assert.equal(ask(zone, `autoconfig.${name}`, 'A'), '192.168.77.1');
    assert.equal(ask(zone, `autodiscover.${name}`, 'A'), '192.168.77.1');
  }
});

test('mailClientRecords(): IMAP is said not to be there, by the target "." (RFC 2782), which a message carries', () => {
  const answer = zoneOf().answer({
    name: parseDomainName('_imaps._tcp.office.example'),
    type: TYPE.SRV,
    class: 1,
  });
  assert.deepEqual(
    answer?.answers.map(({ data }) => data),
    [{ type: 'SRV', priority: 0, weight: 0, port: 0, target: '.' }],
  );
  const flags = {
    response: true,
    authoritative: true,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
  };
  const answers = answer?.answers ?? [];
  const bytes = encodeMessage({
    id: 1,
    opcode: 0,
    flags,
    rcode: 0,
    questions: [],
    answers,
    authorities: [],
    additionals: [],
  });
  assert.deepEqual(decodeMessage(bytes).answers, answers);
  assert.equal(ask(zoneOf(), '_imap._tcp.office.example'), '0 0 0 .');
});

test('mailClientRecords(): a box that is no post office has none of them', () => {
  const zone = zoneOf({ mailClients: undefined });
  for (const name of ['_submission._tcp', '_imap._tcp', '_autodiscover._tcp'])
    assert.equal(ask(zone, `${name}.office.example`), '');
  assert.equal(ask(zone, 'autoconfig.office.example', 'A'), '');
});

test("mailClientRecords(): the owner's record takes the place of the box's own", () => {
  const zone = zoneOf({
    records: [
      own('_imaps._tcp', 'SRV', '0 1 993 imap.elsewhere.example'),
      own('autoconfig', 'CNAME', 'autoconfig.elsewhere.example'),
      own('autodiscover', 'A', '192.168.77.9'),
    ],
  });
  assert.equal(ask(zone, '_imaps._tcp.office.example'), '0 1 993 imap.elsewhere.example');
  assert.equal(ask(zone, 'autoconfig.office.example', 'A'), 'autoconfig.elsewhere.example');
  assert.equal(ask(zone, 'autodiscover.office.example', 'A'), '192.168.77.9');
  assert.equal(ask(zone, '_pop3s._tcp.office.example'), `0 0 995 ${host}`);
});

test('mailClientRecords(): a device for which the owner keeps such a name has it, and no other device gets it', () => {
  const zone = zoneOf();
  const address = parseIpv4('192.168.77.20');
  assert.equal(zone.setLeaseName('autodiscover', parseIpv4('192.168.77.30')).granted, false);
  zone.setReservedNames([{ name: parseDomainName('autodiscover.office.example'), address }]);
  assert.equal(zone.setLeaseName('autodiscover', address).granted, true);
  assert.equal(ask(zone, 'autodiscover.office.example', 'A'), '192.168.77.20');
  zone.setReservedNames([]);
  assert.equal(ask(zone, 'autodiscover.office.example', 'A'), '192.168.77.1');
});

test('LocalZone.names() shows the records for mail programs beside the MX record', () => {
  const lines = zoneOf()
    .names()
    .map(({ name, data, source }) => `${name} ${data.type} ${formatRecordData(data)} ${source}`);
  for (const line of [
    `office.example MX 10 ${host} built-in`,
    `_submissions._tcp.office.example SRV 0 0 465 ${host} built-in`,
    'autoconfig.shop.example A 192.168.77.1 built-in',
  ])
    assert.ok(lines.includes(line), line);
});
