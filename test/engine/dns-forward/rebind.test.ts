import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIpv4, parseAddress } from '../../../src/base/address.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { leadsInside } from '../../../src/engine/dns-forward/rebind.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import type { RecordData } from '../../../src/wire/dns/message.ts';
import { scanMessage } from '../../../src/wire/dns/packed.ts';

const LAN = [parsePrefix4('198.51.100.1/24')];

function leads(...addresses: string[]): boolean {
  const name = parseDomainName('www.example');
  const message = encodeMessage({
    id: 0,
    opcode: 0,
    flags: {
      response: true,
      authoritative: false,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: true,
      authenticData: false,
      checkingDisabled: false,
    },
    rcode: 0,
    questions: [{ name, type: 1, class: 1 }],
    answers: addresses.map((text) => {
      const address = parseAddress(text);
      const data: RecordData = isIpv4(address) ? { type: 'A', address } : { type: 'AAAA', address };
      return { name, class: 1, ttl: 1, data };
    }),
    authorities: [],
    additionals: [],
  });
  return leadsInside(scanMessage(message), LAN);
}

test('leadsInside() finds private, loopback, link-local and LAN addresses of both families (RFC 6890)', () => {
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.51.100.77',
    '::',
    '::1',
    'fd12::1',
    'fe80::1',
    'febf::1',
    '::ffff:192.168.1.1',
    '::10.0.0.1',
  ])
    assert.ok(leads('192.0.2.1', address), address);
});

test('leadsInside() lets public addresses through', () => {
  for (const address of [
    '192.0.2.1',
    '100.128.0.1',
    '172.32.0.1',
    '198.51.101.1',
    '2001:db8::1',
    'fec0::1',
    '::ffff:192.0.2.1',
  ])
    assert.ok(!leads(address), address);
});
