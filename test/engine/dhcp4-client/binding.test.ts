import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Milliseconds } from '../../../src/base/duration.ts';
import { Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import {
  type Binding,
  decodeBinding,
  encodeBinding,
  isSameBinding,
} from '../../../src/engine/dhcp4-client/binding.ts';

const EXAMPLE: Binding = {
  address: parsePrefix4('203.0.113.50/24'),
  server: parseIpv4('203.0.113.1'),
  gateway: parseIpv4('203.0.113.1'),
  routes: [{ destination: parsePrefix4('10.0.0.0/8'), router: parseIpv4('203.0.113.3') }],
  dnsServers: [parseIpv4('192.0.2.53')],
  domain: 'isp.example',
  searchDomains: ['isp.example'],
  timeServers: [],
  leaseTime: Milliseconds(3_600_000),
};

const TEXT =
  '{"version":1,"address":"203.0.113.50/24","server":"203.0.113.1","gateway":"203.0.113.1",' +
  '"routes":[["10.0.0.0/8","203.0.113.3"]],"dnsServers":["192.0.2.53"],"domain":"isp.example",' +
  '"searchDomains":["isp.example"],"timeServers":[],"leaseTime":3600000}\n';

test('encodeBinding() writes plain JSON that decodeBinding() reads back', () => {
  assert.equal(encodeBinding(EXAMPLE), TEXT);
  assert.deepEqual(decodeBinding(TEXT), EXAMPLE);
});

test('decodeBinding() reads back every binding', () => {
  const address = fc.nat(0xffff_ffff).map((value) => Ipv4(value));
  const plain = { noNullPrototype: true };
  const prefix = fc.record({ address, length: fc.nat(32) }, plain);
  const binding = fc.record(
    {
      address: prefix,
      server: address,
      gateway: fc.option(address, { nil: undefined }),
      routes: fc.array(fc.record({ destination: prefix, router: address }, plain)),
      dnsServers: fc.array(address),
      domain: fc.option(fc.string(), { nil: undefined }),
      searchDomains: fc.array(fc.string()),
      timeServers: fc.array(address),
      leaseTime: fc.nat().map((value) => Milliseconds(value)),
    },
    plain,
  );
  fc.assert(
    fc.property(binding, (value) => {
      const back = decodeBinding(encodeBinding(value));
      assert.deepEqual(back, value);
      assert.ok(back !== undefined && isSameBinding(back, value));
    }),
  );
});

test('decodeBinding() gives nothing for every cut and for damaged values, and never throws', () => {
  for (let length = 0; length < TEXT.length - 1; length++) {
    assert.equal(decodeBinding(TEXT.slice(0, length)), undefined);
  }
  for (const [part, damaged] of [
    ['"version":1', '"version":2'],
    ['203.0.113.50/24', '203.0.113.50/99'],
    ['"server":"203.0.113.1"', '"server":7'],
    ['[["10.0.0.0/8"', '[["10.0.0.0"'],
    ['["192.0.2.53"]', '"192.0.2.53"'],
    ['["192.0.2.53"]', '[null]'],
    ['3600000', '"long"'],
  ] as const) {
    assert.equal(decodeBinding(TEXT.replace(part, damaged)), undefined, damaged);
  }
  fc.assert(fc.property(fc.json(), (text) => assert.equal(decodeBinding(text), undefined)));
});

test('isSameBinding() does not look at the lease time', () => {
  assert.ok(isSameBinding(EXAMPLE, { ...EXAMPLE, leaseTime: Milliseconds(1) }));
  assert.ok(!isSameBinding(EXAMPLE, { ...EXAMPLE, dnsServers: [] }));
  assert.ok(!isSameBinding(EXAMPLE, { ...EXAMPLE, address: parsePrefix4('203.0.113.50/25') }));
});
