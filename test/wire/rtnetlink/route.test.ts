import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { AF, RTM, RTN, RTNH_F, RTPROT, RT_SCOPE, RT_TABLE } from '../../../src/wire/rtnetlink/constants.ts';
import { routeMessage } from '../../../src/wire/rtnetlink/route.ts';
import { checkCodec, exchangesOf, repliesOf, requestOf } from './vectors.ts';

const exchanges = exchangesOf('route.json');
checkCodec('routeMessage', routeMessage, exchanges);

test('routeMessage reads what `ip route add default` asks', () => {
  const { type, value } = requestOf(exchanges, 'add the default route', routeMessage);
  assert.equal(type, RTM.NEWROUTE);
  assert.equal(value.family, AF.INET);
  assert.equal(value.destinationLength, 0);
  assert.equal(value.destination, undefined);
  assert.equal(value.gateway, parseIpv4('203.0.113.1'));
  assert.equal(value.priority, 10);
  assert.equal(value.protocol, RTPROT.GATEPOST);
  assert.equal(value.type, RTN.UNICAST);
  assert.equal(value.scope, RT_SCOPE.UNIVERSE);
  assert.equal(value.headerTable, RT_TABLE.MAIN);
});

test('routeMessage reads scope, source and flags of other requests', () => {
  const link = requestOf(exchanges, 'add a route on the link', routeMessage).value;
  assert.equal(link.scope, RT_SCOPE.LINK);
  assert.equal(link.preferredSource, parseIpv4('203.0.113.7'));
  const beside = requestOf(exchanges, 'add a route over a gateway beside the link', routeMessage).value;
  assert.equal(beside.flags, RTNH_F.ONLINK);
});

test('routeMessage reads the tables of both families', () => {
  const four = repliesOf(exchanges, 'list the IPv4 routes', routeMessage);
  const main = four.filter((one) => one.table === RT_TABLE.MAIN).map((one) => one.destination ?? 0n);
  assert.deepEqual(
    new Set(main),
    new Set([0n, ...['192.0.2.0', '198.51.100.0', '203.0.113.0'].map(parseIpv4)]),
  );
  const six = repliesOf(exchanges, 'list the IPv6 routes', routeMessage);
  const way = six.find((one) => one.gateway === parseIpv6('fe80::1'));
  assert.equal(way?.protocol, RTPROT.RA);
});
