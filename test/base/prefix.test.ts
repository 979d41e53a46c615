import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError, UserError } from '../../src/base/errors.ts';
import { Ipv4, formatIpv4, parseIpv4 } from '../../src/base/ipv4.ts';
import {
  contains4,
  formatPrefix4,
  formatPrefix6,
  isHost4,
  lastAddress4,
  lengthOfNetmask4,
  netmask4,
  network4,
  parsePrefix4,
  tryParsePrefix4,
  tryParsePrefix6,
} from '../../src/base/prefix.ts';

const addresses = fc.integer({ min: 0, max: 0xffff_ffff }).map(Ipv4);
const prefixes = fc
  .tuple(addresses, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => ({ address, length }));

test('netmask4() and lengthOfNetmask4() are inverse for every length', () => {
  for (let length = 0; length <= 32; length++) assert.equal(lengthOfNetmask4(netmask4(length)), length);
  assert.equal(formatIpv4(netmask4(0)), '0.0.0.0');
  assert.equal(formatIpv4(netmask4(26)), '255.255.255.192');
  assert.equal(formatIpv4(netmask4(32)), '255.255.255.255');
});

test('netmask4() refuses lengths an address does not have', () => {
  for (const length of [-1, 33, 1.5, Number.NaN])
    assert.throws(() => netmask4(length), InvariantError, String(length));
});

test('lengthOfNetmask4() knows no length for a mask with a hole, or one written backwards', () => {
  for (const text of [
    '255.0.255.0',
    '0.255.255.255',
    '0.0.0.255',
    '255.255.255.253',
    '127.255.255.255',
    '0.0.0.1',
  ])
    assert.equal(lengthOfNetmask4(parseIpv4(text)), undefined, text);
});

test('lengthOfNetmask4() finds a length for exactly the 33 masks of netmask4()', () => {
  const masks = new Set(Array.from({ length: 33 }, (_, length) => netmask4(length)));
  fc.assert(
    fc.property(addresses, (mask) => assert.equal(lengthOfNetmask4(mask) !== undefined, masks.has(mask))),
  );
});

test('network4() and lastAddress4() are the ends of the prefix', () => {
  for (const [text, first, last] of [
    ['192.168.77.1/24', '192.168.77.0', '192.168.77.255'],
    ['203.0.113.77/26', '203.0.113.64', '203.0.113.127'],
    ['203.0.113.77/31', '203.0.113.76', '203.0.113.77'],
    ['203.0.113.77/32', '203.0.113.77', '203.0.113.77'],
    ['203.0.113.77/0', '0.0.0.0', '255.255.255.255'],
  ] as const) {
    const prefix = parsePrefix4(text);
    assert.deepEqual([formatIpv4(network4(prefix)), formatIpv4(lastAddress4(prefix))], [first, last]);
  }
});

test('contains4() agrees with the subnets of node:net', () => {
  const near = fc
    .tuple(prefixes, fc.integer({ min: 0, max: 32 }), addresses)
    .map(([prefix, shared, other]) => {
      const mask = netmask4(shared);
      return { prefix, address: Ipv4(((prefix.address & mask) | (other & ~mask)) >>> 0) };
    });
  fc.assert(
    fc.property(near, ({ prefix, address }) => {
      const list = new BlockList();
      list.addSubnet(formatIpv4(prefix.address), prefix.length, 'ipv4');
      assert.equal(contains4(prefix, address), list.check(formatIpv4(address), 'ipv4'));
    }),
  );
});

test('contains4() is true from network4() to lastAddress4() and false beside them', () => {
  fc.assert(
    fc.property(prefixes, (prefix) => {
      const [first, last] = [network4(prefix), lastAddress4(prefix)];
      assert.ok(contains4(prefix, first) && contains4(prefix, last) && contains4(prefix, prefix.address));
      assert.equal(last - first, 2 ** (32 - prefix.length) - 1);
      if (first > 0) assert.ok(!contains4(prefix, Ipv4(first - 1)));
      if (last < 0xffff_ffff) assert.ok(!contains4(prefix, Ipv4(last + 1)));
    }),
  );
});

test('isHost4() excludes network and broadcast address, which /31 (RFC 3021) and /32 do not have', () => {
  const hosts = (text: string, candidates: readonly string[]): string[] =>
    candidates.filter((address) => isHost4(parsePrefix4(text), parseIpv4(address)));
  const near = ['192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6', '192.0.2.7', '192.0.2.8'];
  assert.deepEqual(hosts('192.0.2.5/30', near), ['192.0.2.5', '192.0.2.6']);
  assert.deepEqual(hosts('192.0.2.5/31', near), ['192.0.2.4', '192.0.2.5']);
  assert.deepEqual(hosts('192.0.2.5/32', near), ['192.0.2.5']);
});

test('parsePrefix4() keeps the host bits and formatPrefix4() writes them back', () => {
  fc.assert(fc.property(prefixes, (prefix) => assert.deepEqual(parsePrefix4(formatPrefix4(prefix)), prefix)));
  assert.equal(formatPrefix4(parsePrefix4('192.168.77.1/24')), '192.168.77.1/24');
});

test('tryParsePrefix4() refuses missing, odd and too large lengths', () => {
  for (const text of [
    '192.0.2.0',
    '192.0.2.0/',
    '192.0.2.0/33',
    '192.0.2.0/024',
    '192.0.2.0/-1',
    '192.0.2.0/24/24',
    '192.0.2.0/255.255.255.0',
    '192.0.2/24',
    '/24',
    '2001:db8::/32',
    '192.0.2.0/24 ',
  ])
    assert.equal(tryParsePrefix4(text), undefined, text);
  assert.throws(
    () => parsePrefix4('192.0.2.0'),
    (error) => error instanceof UserError && error.message.includes('"192.0.2.0"'),
  );
});

test('tryParsePrefix6() and formatPrefix6() agree, up to a length of 128', () => {
  for (const text of ['2001:db8::1/64', '::/0', 'fe80::1/128']) {
    const prefix = tryParsePrefix6(text);
    assert.equal(prefix === undefined ? undefined : formatPrefix6(prefix), text);
  }
  for (const text of ['2001:db8::/129', '2001:db8::', '192.0.2.0/24', '2001:db8::/'])
    assert.equal(tryParsePrefix6(text), undefined, text);
});
