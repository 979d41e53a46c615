import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockOf, clientOf } from '../../../src/io/pop3-server-bare/address-block.ts';

const IPV6 = [
  '2001:db8:0:12ab::1',
  '2001:0DB8:0000:12ab:0:0:0:1',
  '2001:db8::12ab:1:2:3:4',
  '2001:db8:0:12ab::192.0.2.1',
];

test('clientOf() takes one IPv4 address or one IPv6 /64, however it is written, for one client', () => {
  assert.equal(clientOf('192.0.2.1'), '192.0.2.1');
  for (const address of IPV6) assert.equal(clientOf(address), '2001:db8:0:12ab', address);
  assert.equal(clientOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.equal(clientOf('::1'), '0:0:0:0');
  assert.equal(clientOf('::'), '0:0:0:0');
});

test('blockOf() takes an IPv4 /24 or an IPv6 /56 for one attacker', () => {
  assert.equal(blockOf('192.0.2.1'), blockOf('192.0.2.254'));
  assert.notEqual(blockOf('192.0.2.1'), blockOf('192.0.3.1'));
  for (const address of IPV6) assert.equal(blockOf(address), '2001:db8:0:1200', address);
  assert.notEqual(blockOf('2001:db8:0:13ab::1'), blockOf('2001:db8:0:12ab::1'));
});
