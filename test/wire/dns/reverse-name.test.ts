import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../../../src/base/address.ts';
import { Ipv4 } from '../../../src/base/ipv4.ts';
import { Ipv6 } from '../../../src/base/ipv6.ts';
import { contains4, parsePrefix4 } from '../../../src/base/prefix.ts';
import { isWithin, parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { addressOfReverseName, reverseName, reverseZones } from '../../../src/wire/dns/reverse-name.ts';

test('reverseName() writes octets and nibbles backwards (RFC 1035 §3.5, RFC 3596 §2.5)', () => {
  assert.equal(reverseName(parseAddress('10.2.0.52')), '52.0.2.10.in-addr.arpa');
  assert.equal(
    reverseName(parseAddress('4321:0:1:2:3:4:567:89ab')),
    'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa',
  );
});

test('addressOfReverseName() is the inverse of reverseName()', () => {
  const address = fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }).map(Ipv4),
    fc.bigInt(0n, 2n ** 128n - 1n).map(Ipv6),
  );
  fc.assert(fc.property(address, (value) => assert.equal(addressOfReverseName(reverseName(value)), value)));
});

test('addressOfReverseName() knows no address for anything else', () => {
  for (const text of [
    '2.0.192.in-addr.arpa',
    '256.2.0.192.in-addr.arpa',
    '01.2.0.192.in-addr.arpa',
    'x.ip6.arpa',
  ])
    assert.equal(addressOfReverseName(parseDomainName(text)), undefined, text);
});

test('reverseZones() covers the prefix and nothing else', () => {
  assert.deepEqual(reverseZones(parsePrefix4('192.168.77.1/24')), ['77.168.192.in-addr.arpa']);
  assert.deepEqual(reverseZones(parsePrefix4('172.20.0.1/15')), [
    '20.172.in-addr.arpa',
    '21.172.in-addr.arpa',
  ]);
  assert.equal(reverseZones(parsePrefix4('192.168.77.1/26')).length, 64);
  const prefix = fc.tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 1, max: 32 }));
  const other = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(prefix, other, ([address, length], flip) => {
      const lan = { address: Ipv4(address), length };
      const probe = Ipv4((address ^ flip) >>> 0);
      const covered = reverseZones(lan).some((zone) => isWithin(reverseName(probe), zone));
      assert.equal(covered, contains4(lan, probe));
    }),
  );
});
