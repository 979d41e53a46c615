import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError, UserError } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/hex.ts';
import { Ipv6, formatIpv6, ipv6Bytes, ipv6FromBytes, parseIpv6, tryParseIpv6 } from '../../src/base/ipv6.ts';

/** Groups are zero often, so that runs of zeros of all lengths occur. */
const addresses = fc
  .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .map((groups) => Ipv6(groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)));

/** How a URL writes the address (WHATWG URL, IPv6 serializer), which follows RFC 5952 section 4. */
function urlText(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

const CANONICAL: readonly [string, string, readonly string[]][] = [
  ['§4.1', '2001:db8::1', ['2001:0db8::0001']],
  ['§4.2.1', '2001:db8::2:1', ['2001:db8:0:0:0:0:2:1', '2001:db8::0:2:1']],
  ['§4.2.2', '2001:db8:0:1:1:1:1:1', ['2001:db8::1:1:1:1:1']],
  ['§4.2.3', '2001:0:0:1::1', ['2001:0:0:1:0:0:0:1', '2001::1:0:0:0:1']],
  ['§4.2.3', '2001:db8::1:0:0:1', ['2001:db8:0:0:1:0:0:1', '2001:db8:0:0:1::1']],
  ['§4.3', '2001:db8:aaaa::1', ['2001:DB8:AAAA::1', '2001:dB8:aAaA:0::1']],
];

for (const [section, canonical, others] of CANONICAL) {
  test(`formatIpv6() writes ${canonical}, whichever way it was written (RFC 5952 ${section})`, () => {
    for (const text of [canonical, ...others]) assert.equal(formatIpv6(parseIpv6(text)), canonical, text);
  });
}

test('parseIpv6() reads the forms of RFC 4291 §2.2', () => {
  for (const [text, value] of [
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['1:2:3:4:5:6:7::', 0x0001_0002_0003_0004_0005_0006_0007_0000n],
    ['ff01:0:0:0:0:0:0:101', 0xff01_0000_0000_0000_0000_0000_0000_0101n],
    ['0:0:0:0:0:0:13.1.68.3', 0x0d01_4403n],
    ['::ffff:129.144.52.38', 0xffff_8190_3426n],
  ] as const)
    assert.equal(parseIpv6(text), value, text);
});

test('tryParseIpv6() refuses what is no address, and zones, brackets and lengths', () => {
  for (const text of [
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    ':1:2:3:4:5:6:7',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4',
    '1.2.3.4::',
    '1:1.2.3.4::1',
    '::1.2.3.4:1',
    'fe80::1%lan0',
    '[::1]',
    '::1/128',
    ' ::1',
  ])
    assert.equal(tryParseIpv6(text), undefined, text);
});

test('tryParseIpv6() takes exactly the texts that node:net takes', () => {
  const text = fc.array(fc.constantFrom(':', '::', '0', '1:', 'fF', 'abcde', '1.2.3.4', '256.'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (parts) => {
      const joined = parts.join('');
      assert.equal(tryParseIpv6(joined) !== undefined, isIPv6(joined), joined);
    }),
    { numRuns: 2000 },
  );
});

test('formatIpv6() agrees with the URL standard, and tryParseIpv6() and ipv6FromBytes() read it back', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const text = formatIpv6(address);
      const long = toHex(ipv6Bytes(address)).replaceAll(/(.{4})(?!$)/g, '$1:');
      assert.equal(text, urlText(long));
      assert.equal(tryParseIpv6(text), address);
      assert.equal(tryParseIpv6(long), address);
      assert.equal(ipv6FromBytes(ipv6Bytes(address)), address);
    }),
  );
});

test('parseIpv6() names the text it cannot read', () => {
  assert.throws(
    () => parseIpv6('2001:db8'),
    (error) => error instanceof UserError && error.message.includes('"2001:db8"'),
  );
});

test('Ipv6() and ipv6FromBytes() refuse what is no address: our own bug', () => {
  assert.throws(() => Ipv6(-1n), InvariantError);
  assert.throws(() => Ipv6(1n << 128n), InvariantError);
  for (const length of [0, 4, 15, 17])
    assert.throws(() => ipv6FromBytes(new Uint8Array(length)), InvariantError);
});
