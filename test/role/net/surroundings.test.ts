import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/base/address.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { hopTo, isOwn } from '../../../src/engine/firewall/evaluate/surroundings.ts';
import type { ObservedNetwork } from '../../../src/engine/links/observed.ts';
import { surroundingsOf } from '../../../src/role/net/surroundings.ts';
import { observedLink } from '../../fake/observed-link.ts';

const four: ObservedNetwork = {
  links: [observedLink(2, 'wan0'), observedLink(3, 'lan0')],
  addresses: [
    {
      index: 2,
      address: parseIpv4('203.0.113.50'),
      length: 24,
      peer: parseIpv4('203.0.113.50'),
      protocol: undefined,
    },
  ],
  routes: [],
};
const six = {
  addresses: [{ index: 3, address: parseIpv6('2001:db8:77::1'), length: 64 }],
  routes: [{ index: 2, destination: parseIpv6('::'), length: 0, gateway: parseIpv6('2001:db8:3::1') }],
};

test('surroundingsOf() knows the addresses and ways of both families, and that IPv6 is not passed on', () => {
  const surroundings = surroundingsOf(four, six);
  assert.ok(isOwn(surroundings, parseIpv4('203.0.113.50'), 'wan0'));
  assert.ok(isOwn(surroundings, parseIpv6('2001:db8:77::1'), 'lan0'));
  assert.equal(hopTo(surroundings, parseAddress('2001:db8:77::9'))?.device, 'lan0');
  assert.equal(hopTo(surroundings, parseAddress('2001:db8:5::9'))?.device, 'wan0');
  assert.equal(surroundings.keepsIpv6, true);
});
