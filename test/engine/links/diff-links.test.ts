import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { describeChange } from '../../../src/engine/links/change.ts';
import { diffLinks } from '../../../src/engine/links/diff-links.ts';
import type { ObservedLink, ObservedNetwork } from '../../../src/engine/links/observed.ts';
import { findDevice } from '../../../src/engine/links/side.ts';
import type { WantedLinks, WantedRoute } from '../../../src/engine/links/wanted.ts';
import { RTPROT } from '../../../src/wire/rtnetlink/constants.ts';
import { observedLink as link } from '../../fake/observed-link.ts';

const WAN = link(2, 'wan0');
const LAN = link(3, 'lan0');
const LAN2 = link(4, 'lan1');
const BRIDGE = link(5, 'br-lan', { kind: 'bridge', mac: LAN.mac });

function network(links: readonly ObservedLink[], more: Partial<ObservedNetwork> = {}): ObservedNetwork {
  return { links, addresses: [], routes: [], ...more };
}

function address(index: number, prefix: string, protocol: number = RTPROT.GATEPOST) {
  const parsed = parsePrefix4(prefix);
  return { index, ...parsed, peer: parsed.address, protocol };
}

function route(index: number, destination: string, gateway?: string, protocol: number = RTPROT.GATEPOST) {
  const { address, length } = parsePrefix4(destination);
  const by = gateway === undefined ? undefined : parseIpv4(gateway);
  const base = { index, destination: address, length, gateway: by };
  return { ...base, metric: 0, source: undefined, onlink: false, protocol };
}

function via(destination: string, gateway?: string): WantedRoute {
  const by = gateway === undefined ? undefined : parseIpv4(gateway);
  return { destination: parsePrefix4(destination), gateway: by };
}

function ipv4(addresses: readonly string[], routes: readonly WantedRoute[] = []) {
  return { addresses: addresses.map(parsePrefix4), routes };
}

function lan(devices: readonly string[], prefixes: readonly string[] = []): WantedLinks {
  return { lan: { devices, up: true, ipv4: ipv4(prefixes) } };
}

const words = (wanted: WantedLinks, observed: ObservedNetwork): string[] =>
  diffLinks(wanted, observed).changes.map(describeChange);

test('diffLinks() brings a bare device to the wanted state: on, address, routes over a gateway last', () => {
  const wanted: WantedLinks = {
    wan: {
      device: 'wan0',
      up: true,
      mtu: 1492,
      ipv4: ipv4(['203.0.113.7/24'], [via('0.0.0.0/0', '203.0.113.1'), via('198.51.100.0/24')]),
    },
  };
  assert.deepEqual(words(wanted, network([link(2, 'wan0', { up: false })])), [
    'set the MTU of wan0 to 1492',
    'switch wan0 on',
    'add the address 203.0.113.7/24 to wan0',
    'add the route 198.51.100.0/24 over wan0',
    'add the route 0.0.0.0/0 by 203.0.113.1 over wan0',
  ]);
});

test('diffLinks() finds nothing to do when all is as wanted, whoever made the address', () => {
  const wanted: WantedLinks = {
    wan: { device: 'wan0', up: true, ipv4: ipv4(['203.0.113.7/24'], [via('0.0.0.0/0', '203.0.113.1')]) },
  };
  const routes = [route(2, '0.0.0.0/0', '203.0.113.1')];
  for (const protocol of [RTPROT.GATEPOST, RTPROT.UNSPEC])
    assert.deepEqual(
      words(wanted, network([WAN], { addresses: [address(2, '203.0.113.7/24', protocol)], routes })),
      [],
    );
});

test('diffLinks() adds the new before it removes the old when a lease changes', () => {
  const wanted: WantedLinks = {
    wan: { device: 'wan0', up: true, ipv4: ipv4(['203.0.113.8/24'], [via('0.0.0.0/0', '203.0.113.254')]) },
  };
  const observed = network([WAN], {
    addresses: [address(2, '203.0.113.7/24')],
    routes: [route(2, '0.0.0.0/0', '203.0.113.1')],
  });
  assert.deepEqual(words(wanted, observed), [
    'add the address 203.0.113.8/24 to wan0',
    'add the route 0.0.0.0/0 by 203.0.113.254 over wan0',
    'remove the route 0.0.0.0/0 by 203.0.113.1 over wan0',
    'remove the address 203.0.113.7/24 from wan0',
  ]);
});

test('diffLinks() adds a route once that is wanted twice, as a provider may name it', () => {
  const routes = [via('198.51.100.0/24', '203.0.113.1'), via('198.51.100.77/24', '203.0.113.1')];
  const wanted = { wan: { device: 'wan0', up: true, ipv4: ipv4(['203.0.113.7/24'], routes) } };
  assert.deepEqual(words(wanted, network([WAN])).slice(1), [
    'add the route 198.51.100.0/24 by 203.0.113.1 over wan0',
  ]);
});

test('diffLinks() leaves routes and addresses of others alone', () => {
  const wanted: WantedLinks = {
    lan: { devices: ['lan0'], up: true, ipv4: ipv4([]) },
    wan: { device: 'wan0', up: true, ipv4: ipv4([]) },
  };
  const observed = network([WAN, LAN, link(9, 'tun0')], {
    addresses: [address(9, '10.0.0.1/24', RTPROT.UNSPEC)],
    routes: [
      route(2, '0.0.0.0/0', '203.0.113.1', RTPROT.STATIC),
      route(9, '10.1.0.0/16', undefined, RTPROT.BOOT),
    ],
  });
  assert.deepEqual(words(wanted, observed), []);
});

test('diffLinks() leaves IPv4 as it finds it while the side does not say what is wanted', () => {
  const observed = network([WAN], {
    addresses: [address(2, '203.0.113.7/24')],
    routes: [route(2, '0.0.0.0/0', '203.0.113.1')],
  });
  assert.deepEqual(words({ wan: { device: 'wan0', up: true } }, observed), []);
});

test('diffLinks() removes what an earlier configuration left on other devices once both sides are known', () => {
  const observed = network([WAN, LAN, link(9, 'old0')], {
    addresses: [address(9, '192.168.1.1/24')],
    routes: [route(9, '0.0.0.0/0', '192.168.1.254')],
  });
  const sides = { lan: { devices: ['lan0'], up: true, ipv4: ipv4([]) } };
  assert.deepEqual(words(sides, observed), []);
  assert.deepEqual(words({ ...sides, wan: { device: 'wan0', up: true, ipv4: ipv4([]) } }, observed), [
    'remove the route 0.0.0.0/0 by 192.168.1.254 over old0',
    'remove the address 192.168.1.1/24 from old0',
  ]);
});

test('diffLinks() marks a gateway outside every prefix of the side as on the link', () => {
  const onlink = (addresses: readonly string[], routes: readonly WantedRoute[]): unknown[] => {
    const wanted = { wan: { device: 'wan0', up: true, ipv4: ipv4(addresses, routes) } };
    return diffLinks(wanted, network([WAN])).changes.flatMap((change) =>
      change.kind === 'add-route' ? [change.route.onlink] : [],
    );
  };
  const way = via('0.0.0.0/0', '198.18.0.1');
  assert.deepEqual(onlink(['203.0.113.7/32'], [way]), [true]);
  assert.deepEqual(onlink(['198.18.0.7/24'], [way]), [false]);
  assert.deepEqual(onlink(['203.0.113.7/32'], [via('198.18.0.0/24'), way]), [false, false]);
});

test('diffLinks() leaves a route as it is that only the way to its gateway has changed for', () => {
  const way = via('0.0.0.0/0', '198.18.0.1');
  const present = { ...route(2, '0.0.0.0/0', '198.18.0.1'), onlink: true };
  const observed = network([WAN], { addresses: [address(2, '198.18.0.7/24')], routes: [present] });
  assert.deepEqual(
    words({ wan: { device: 'wan0', up: true, ipv4: ipv4(['198.18.0.7/24'], [way]) } }, observed),
    [],
  );
});

test('diffLinks() creates the LAN bridge with the address of its first device, then fills it', () => {
  const wanted = lan(['lan0', 'lan1'], ['192.168.77.1/24']);
  const { changes } = diffLinks(wanted, network([LAN, LAN2]));
  assert.deepEqual(changes, [{ kind: 'create-bridge', name: 'br-lan', mac: LAN.mac }]);
  const down = { ...BRIDGE, up: false };
  assert.deepEqual(words(wanted, network([LAN, LAN2, down])), [
    'put lan0 into the LAN bridge',
    'put lan1 into the LAN bridge',
    'switch br-lan on',
    'add the address 192.168.77.1/24 to br-lan',
  ]);
});

test('diffLinks() moves the address from a device to the bridge it becomes a port of, and back', () => {
  const observed = network([LAN, LAN2, BRIDGE], { addresses: [address(3, '192.168.77.1/24')] });
  assert.deepEqual(words(lan(['lan0', 'lan1'], ['192.168.77.1/24']), observed).slice(2), [
    'add the address 192.168.77.1/24 to br-lan',
    'remove the address 192.168.77.1/24 from lan0',
  ]);
  const ports = network([{ ...LAN, master: 5 }, { ...LAN2, master: 5 }, BRIDGE], {
    addresses: [address(5, '192.168.77.1/24')],
  });
  assert.deepEqual(words(lan(['lan0'], ['192.168.77.1/24']), ports), [
    'take lan0 out of its bridge',
    'add the address 192.168.77.1/24 to lan0',
    'delete the device br-lan',
  ]);
});

test('diffLinks() takes out of the bridge what is no LAN device any more, also when it is the WAN now', () => {
  const observed = network([{ ...WAN, master: 5 }, { ...LAN, master: 5 }, { ...LAN2, master: 5 }, BRIDGE]);
  const wanted = { ...lan(['lan0', 'lan1']), wan: { device: 'wan0', up: true } };
  assert.deepEqual(words(wanted, observed), ['take wan0 out of its bridge']);
});

test('diffLinks() refuses to use a device named like the bridge that is none', () => {
  const observed = network([LAN, LAN2, link(5, 'br-lan', { kind: 'dummy' })]);
  assert.throws(() => diffLinks(lan(['lan0', 'lan1']), observed), /named br-lan exists and is no bridge/);
});

test('diffLinks() does what it can while devices are missing and names them', () => {
  const wanted = { ...lan(['lan0', 'lan1']), wan: { device: 'mac:02:00:00:00:00:99', up: true } };
  const { changes, missing, wan } = diffLinks(wanted, network([{ ...LAN, master: 5 }, BRIDGE]));
  assert.deepEqual([changes, missing, wan], [[], ['lan1', 'mac:02:00:00:00:00:99'], undefined]);
});

test('diffLinks() switches the WAN off last and without routes in mode lan-only', () => {
  const wanted: WantedLinks = {
    wan: { device: 'wan0', up: false, ipv4: ipv4([], [via('0.0.0.0/0', '203.0.113.1')]) },
  };
  const observed = network([WAN], {
    addresses: [address(2, '203.0.113.7/24')],
    routes: [route(2, '0.0.0.0/0', '203.0.113.1')],
  });
  assert.deepEqual(words(wanted, observed), [
    'remove the route 0.0.0.0/0 by 203.0.113.1 over wan0',
    'remove the address 203.0.113.7/24 from wan0',
    'switch wan0 off',
  ]);
});

test('diffLinks() switches the loopback device on', () => {
  const lo = link(1, 'lo', { up: false, loopback: true });
  assert.deepEqual(words({}, network([lo])), ['switch lo on']);
});

test('findDevice() finds by MAC the real port, not the bridge that shows its address nor a clone of it', () => {
  const mac = 'mac:02:00:00:00:00:03';
  assert.equal(findDevice([BRIDGE, LAN], mac), LAN);
  const real = link(7, 'eth7', { permanentMac: LAN.mac, mac: '02:00:00:00:00:aa' as Mac });
  assert.equal(findDevice([LAN, real], mac), real);
  assert.equal(findDevice([LAN], 'mac:nonsense'), undefined);
});

test('diffLinks() never names a device of neither side, whatever is observed', () => {
  const some = fc.record({
    index: fc.constantFrom(2, 3, 9),
    protocol: fc.constantFrom(2, 4, 16),
    octet: fc.nat(255),
  });
  fc.assert(
    fc.property(fc.array(some), fc.array(some), (addresses, routes) => {
      const observed = network([WAN, LAN, link(9, 'other0')], {
        addresses: addresses.map((one) => address(one.index, `10.0.${one.octet}.1/24`, one.protocol)),
        routes: routes.map((one) => route(one.index, `10.${one.octet}.0.0/16`, undefined, one.protocol)),
      });
      const wanted = { ...lan(['lan0']), wan: { device: 'wan0', up: true, ipv4: ipv4([]) } };
      for (const change of diffLinks(wanted, observed).changes) {
        assert.equal(change.kind, 'remove-address');
        assert.ok('device' in change && change.device !== 'other0');
      }
    }),
  );
});
