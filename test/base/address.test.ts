import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, formatEndpoint, isIpv4, parseAddress } from '../../src/base/address.ts';
import { UserError } from '../../src/base/errors.ts';

test('parseAddress() reads both families and formatAddress() writes them back', () => {
  for (const text of ['192.0.2.1', '0.0.0.0', '2001:db8::1', '::']) {
    assert.equal(formatAddress(parseAddress(text)), text);
    assert.equal(isIpv4(parseAddress(text)), text.includes('.'));
  }
});

test('parseAddress() names the text it cannot read', () => {
  assert.throws(
    () => parseAddress('example.org'),
    (error) => error instanceof UserError && /"example\.org"/.test(error.message),
  );
});

test('formatEndpoint() puts IPv6 into brackets', () => {
  assert.equal(formatEndpoint({ address: parseAddress('192.0.2.1'), port: 53 }), '192.0.2.1:53');
  assert.equal(formatEndpoint({ address: parseAddress('2001:db8::1'), port: 53 }), '[2001:db8::1]:53');
});
