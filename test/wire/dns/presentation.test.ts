import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../src/base/errors.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { utf8 } from '../../../src/base/text.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import type { RecordData } from '../../../src/wire/dns/message.ts';
import {
  type WritableType,
  formatRecordData,
  parseOwner,
  parseRecordData,
  parseTarget,
} from '../../../src/wire/dns/presentation.ts';

const domain = parseDomainName('office.example');

test('parseOwner() puts names below the domain unless they end with it or with a dot', () => {
  assert.equal(parseOwner('printer', domain), 'printer.office.example');
  assert.equal(parseOwner('_sip._tcp', domain), '_sip._tcp.office.example');
  assert.equal(parseOwner('Printer.Office.Example', domain), 'printer.office.example');
  assert.equal(parseOwner('nas.other.example.', domain), 'nas.other.example');
  assert.equal(parseOwner('@', domain), domain);
  assert.throws(() => parseOwner('a.'.repeat(122).slice(0, -1), domain), UserError);
});

test('parseTarget() puts a single label below the domain', () => {
  assert.equal(parseTarget('printer', domain), 'printer.office.example');
  assert.equal(parseTarget('www.example.org', domain), 'www.example.org');
  assert.equal(parseTarget('localhost.', domain), 'localhost');
});

test('parseRecordData() reads every type an owner can write', () => {
  const expected: readonly [WritableType, string, RecordData][] = [
    ['A', '192.0.2.1', { type: 'A', address: parseIpv4('192.0.2.1') }],
    ['AAAA', '2001:db8::1', { type: 'AAAA', address: parseIpv6('2001:db8::1') }],
    ['CNAME', 'www.example.org', { type: 'CNAME', target: parseDomainName('www.example.org') }],
    ['NS', 'ns', { type: 'NS', target: parseDomainName('ns.office.example') }],
    ['PTR', 'printer', { type: 'PTR', target: parseDomainName('printer.office.example') }],
    [
      'MX',
      ' 10  mail.example.org ',
      { type: 'MX', preference: 10, exchange: parseDomainName('mail.example.org') },
    ],
    [
      'SRV',
      '1 2 5060 sip',
      { type: 'SRV', priority: 1, weight: 2, port: 5060, target: parseDomainName('sip.office.example') },
    ],
    ['TXT', 'v=spf1 -all', { type: 'TXT', texts: [utf8('v=spf1 -all')] }],
    ['TXT', '', { type: 'TXT', texts: [utf8('')] }],
  ];
  for (const [type, value, data] of expected) assert.deepEqual(parseRecordData(type, value, domain), data);
});

test('parseRecordData() cuts a long text into strings of 255 octets (RFC 1035 §3.3)', () => {
  const data = parseRecordData('TXT', 'k'.repeat(600), domain);
  assert.ok(data.type === 'TXT');
  assert.deepEqual(
    data.texts.map((text) => text.length),
    [255, 255, 90],
  );
});

test('parseRecordData() says what is wrong with which value', () => {
  const wrong: readonly [WritableType, string, RegExp][] = [
    ['A', '192.0.2', /"192\.0\.2"/],
    ['AAAA', '192.0.2.1', /IPv6/],
    ['MX', 'mail', /"10 mail\.office\.example"/],
    ['MX', '70000 mail', /"70000" as the preference/],
    ['SRV', '0 5 sip', /"0 5 5060 sip\.office\.example"/],
    ['SRV', '0 5 x sip', /"x" as the port/],
    ['CNAME', 'a..b', /"a\.\.b"/],
    ['CNAME', 'a\\.b', /letters, digits/],
    ['TXT', 'x'.repeat(20_000), /20000 octets/],
  ];
  for (const [type, value, message] of wrong) {
    assert.throws(
      () => parseRecordData(type, value, domain),
      (error) => error instanceof UserError && message.test(error.message),
      `${type} ${value}`,
    );
  }
});

test('parseRecordData() and parseOwner() throw only UserError, whatever the owner writes', () => {
  const types: readonly WritableType[] = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'NS', 'PTR'];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.constantFrom('0', '5060 ', '\\', '.', '"', 'mail', '192.0.2.1', '::', ' '))
      .map((one) => one.join('')),
  );
  fc.assert(
    fc.property(fc.constantFrom(...types), text, (type, value) => {
      for (const parse of [() => parseRecordData(type, value, domain), () => parseOwner(value, domain)]) {
        try {
          parse();
        } catch (error) {
          assert.ok(error instanceof UserError, String(error));
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('formatRecordData() writes what parseRecordData() reads, but for texts, which it quotes (RFC 1035 §5.1)', () => {
  for (const [type, value] of [
    ['A', '192.0.2.1'],
    ['AAAA', '2001:db8::1'],
    ['CNAME', 'www.example.org'],
    ['NS', 'ns.office.example'],
    ['PTR', 'printer.office.example'],
    ['MX', '10 mail.office.example'],
    ['SRV', '0 5 5060 sip.office.example'],
  ] as const)
    assert.equal(formatRecordData(parseRecordData(type, value, domain)), value);
  assert.equal(
    formatRecordData(parseRecordData('TXT', 'a "b" \\ \u001b[2J', domain)),
    String.raw`"a \"b\" \\ \027[2J"`,
  );
  assert.equal(
    formatRecordData({ type: 'other', code: 65, octets: Uint8Array.of(0, 255) }),
    String.raw`\# 2 00ff`,
  );
});
