import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { NLM_F } from '../../../src/wire/netlink/constants.ts';
import { addressMessage } from '../../../src/wire/rtnetlink/address.ts';
import { AF, IFA_F, RTM, RT_SCOPE } from '../../../src/wire/rtnetlink/constants.ts';
import { checkCodec, exchangesOf, repliesOf, requestOf } from './vectors.ts';

const exchanges = exchangesOf('address.json');
checkCodec('addressMessage', addressMessage, exchanges);

test('addressMessage reads what `ip address add` asks for IPv4', () => {
  const { type, flags, value } = requestOf(exchanges, 'add an IPv4 address', addressMessage);
  assert.equal(type, RTM.NEWADDR);
  assert.equal(flags, NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL);
  assert.equal(value.family, AF.INET);
  assert.equal(value.prefixLength, 24);
  assert.equal(value.local, parseIpv4('192.168.77.1'));
  assert.equal(value.address, parseIpv4('192.168.77.1'));
  assert.equal(value.broadcast, parseIpv4('192.168.77.255'));
});

test('addressMessage reads addresses of both families from a dump', () => {
  const all = repliesOf(exchanges, 'list all addresses', addressMessage);
  const lan = all.find((one) => one.local === parseIpv4('192.168.77.1'));
  assert.equal(lan?.label, 'lan0');
  assert.equal(lan?.scope, RT_SCOPE.UNIVERSE);
  assert.equal((lan?.flags ?? 0) & IFA_F.PERMANENT, IFA_F.PERMANENT);
  assert.deepEqual(lan?.cacheInfo?.valid, 0xffff_ffff);
  const six = all.find((one) => one.address === parseIpv6('2001:db8::1'));
  assert.equal(six?.family, AF.INET6);
  assert.equal(six?.prefixLength, 64);
});
