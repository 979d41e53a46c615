import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientBlock, networkBlock, plainAddress } from '../../src/base/address-block.ts';

test('plainAddress() takes an IPv4 address out of IPv6 (RFC 4291 §2.5.5.2) and leaves all else', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('::FFFF:c000:201'), '192.0.2.1');
  for (const other of ['192.0.2.1', '2001:db8::1', 'fe80::1%lan0', '::1', '']) {
    assert.equal(plainAddress(other), other);
  }
});

test('clientBlock() is one address of IPv4 and one /64 of IPv6, in one spelling', () => {
  assert.equal(clientBlock('192.0.2.1'), clientBlock('::ffff:192.0.2.1'));
  assert.notEqual(clientBlock('192.0.2.1'), clientBlock('192.0.2.2'));
  assert.equal(clientBlock('2001:db8::1'), clientBlock('2001:0DB8:0:0:ffff::2'));
  assert.notEqual(clientBlock('2001:db8::1'), clientBlock('2001:db8:0:1::1'));
  assert.equal(clientBlock('fe80::1%lan0'), clientBlock('fe80::2%lan1'));
});

test('networkBlock() is a /24 of IPv4 and a /48 of IPv6', () => {
  assert.equal(networkBlock('192.0.2.1'), networkBlock('192.0.2.255'));
  assert.notEqual(networkBlock('192.0.2.1'), networkBlock('192.0.3.1'));
  assert.equal(networkBlock('2001:db8:1:2::1'), networkBlock('2001:db8:1:ffff::1'));
  assert.notEqual(networkBlock('2001:db8:1::1'), networkBlock('2001:db8:2::1'));
  assert.notEqual(networkBlock('0.0.1.1'), networkBlock('::1'));
});
