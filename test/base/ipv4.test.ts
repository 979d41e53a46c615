import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError, UserError } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/hex.ts';
import {
  BROADCAST,
  Ipv4,
  UNSPECIFIED,
  formatIpv4,
  ipv4Bytes,
  ipv4FromBytes,
  parseIpv4,
  tryParseIpv4,
} from '../../src/base/ipv4.ts';

const addresses = fc.integer({ min: 0, max: 0xffff_ffff }).map(Ipv4);

test('parseIpv4(), formatIpv4() and ipv4Bytes() agree, network order first', () => {
  const address = parseIpv4('192.0.2.1');
  assert.equal(address, 0xc000_0201);
  assert.equal(formatIpv4(address), '192.0.2.1');
  assert.equal(toHex(ipv4Bytes(address)), 'c0000201');
  assert.equal(formatIpv4(UNSPECIFIED), '0.0.0.0');
  assert.equal(formatIpv4(BROADCAST), '255.255.255.255');
});

test('tryParseIpv4() and ipv4FromBytes() are inverse to formatIpv4() and ipv4Bytes()', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      assert.equal(tryParseIpv4(formatIpv4(address)), address);
      assert.equal(ipv4FromBytes(ipv4Bytes(address)), address);
    }),
  );
});

test('tryParseIpv4() takes four decimal parts only: no short, octal, hexadecimal or signed forms', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '0x1.2.3.4',
    '1.2.3.-4',
    '1.2.3.+4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.',
    '1.2.3.4\n',
    '16909060',
    '1.2.3.٤',
  ])
    assert.equal(tryParseIpv4(text), undefined, text);
});

test('tryParseIpv4() takes exactly the texts that node:net takes', () => {
  const text = fc.array(fc.constantFrom('.', '0', '1', '25', '5', '256', '9'), { maxLength: 9 });
  fc.assert(
    fc.property(text, (parts) => {
      const joined = parts.join('');
      assert.equal(tryParseIpv4(joined) !== undefined, isIPv4(joined), joined);
    }),
    { numRuns: 500 },
  );
});

test('parseIpv4() names the text it cannot read', () => {
  assert.throws(
    () => parseIpv4('192.0.2'),
    (error) => error instanceof UserError && error.message.includes('"192.0.2"'),
  );
});

test('Ipv4() and ipv4FromBytes() refuse what is no address: our own bug', () => {
  for (const value of [-1, 0x1_0000_0000, 0.5, Number.NaN])
    assert.throws(() => Ipv4(value), InvariantError, String(value));
  for (const length of [0, 3, 5]) assert.throws(() => ipv4FromBytes(new Uint8Array(length)), InvariantError);
});
