import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours } from '../../../src/base/duration.ts';
import { parseAddress } from '../../../src/base/address.ts';
import { formatIpv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { parseUpstream } from '../../../src/base/upstream.ts';
import { readConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import {
  bareLinks,
  dhcpOptions,
  dnsOptions,
  dnsUpstreams,
  firewallOptions,
  lanDevice,
  leasePool,
  postOptions,
  wanMethod,
  wantedLinks,
  webOptions,
} from '../../../src/role/net/narrow.ts';

const DEVICES = { wan: 'wan0', lan: 'lan0', ports: ['wan0', 'lan0'] };
const TLS = { key: 'key', cert: 'certificate' };
const EVERYWHERE = parsePrefix4('0.0.0.0/0');
const GATEWAY = parseIpv4('192.168.77.254');

function configOf(owner: object = {}): Config {
  return readConfig({ version: 1, ...owner });
}

const LAN_ONLY = configOf({
  mode: 'lan-only',
  lan: { gateway: '192.168.77.254' },
  dns: { upstreams: ['udp://192.0.2.53', 'udp://192.0.2.54'] },
});

test('lanDevice() is the one configured device under its present name, or the bridge over several', () => {
  const named = (device: string): string => (device === 'mac:02:00:00:00:00:20' ? 'enp3s0' : device);
  assert.equal(lanDevice(configOf({ lan: { devices: ['mac:02:00:00:00:00:20'] } }), named), 'enp3s0');
  assert.equal(lanDevice(configOf({ lan: { devices: ['lan0', 'lan1'] } }), named), 'br-lan');
});

test('firewallOptions() opens to the LAN what is switched on, and to the WAN nothing by default', () => {
  const options = firewallOptions(configOf(), DEVICES);
  assert.deepEqual([options.mode, options.wan, options.lan], ['firewall', ['wan0'], ['lan0']]);
  assert.deepEqual(options.lanNetworks, [parsePrefix4('192.168.77.1/24')]);
  assert.deepEqual(
    options.lanServices.map(({ name, protocol, port }) => `${name} ${protocol} ${port}`),
    [
      'dns udp 53',
      'dns tcp 53',
      'dhcp udp 67',
      'smtp tcp 25',
      'submission tcp 587',
      'submissions tcp 465',
      'pop3 tcp 110',
      'pop3s tcp 995',
      'web tcp 8080',
      'web tcp 8443',
      'web tcp 80',
      'web tcp 443',
    ],
  );
  assert.deepEqual(options.publicServices, []);
});

test('firewallOptions() opens no port of a service that is switched off, on neither side', () => {
  const off = configOf({
    mail: { enabled: false },
    dhcp: { enabled: false },
    firewall: { publicServices: ['smtp'] },
  });
  const options = firewallOptions(off, DEVICES);
  assert.deepEqual([...new Set(options.lanServices.map(({ name }) => name))], ['dns', 'web']);
  assert.deepEqual(options.publicServices, []);
});

test('firewallOptions() passes on mode, public services, hairpin and ping', () => {
  for (const mode of ['firewall', 'router', 'lan-only'] as const)
    assert.equal(firewallOptions(configOf({ mode }), DEVICES).mode, mode);
  const options = firewallOptions(
    configOf({ firewall: { publicServices: ['smtp', 'pop3s'], hairpin: false, pingFromWan: false } }),
    DEVICES,
  );
  assert.deepEqual(
    options.publicServices.map(({ name, port }) => [name, port]),
    [
      ['smtp', 25],
      ['pop3s', 995],
    ],
  );
  assert.deepEqual([options.hairpin, options.pingFromWan], [false, false]);
});

test('wantedLinks() wants address and routes of a WAN that has them, with a metric that yields to others', () => {
  const prefix = parsePrefix4('203.0.113.50/24');
  const gateway = parseIpv4('203.0.113.1');
  const routes = [
    { destination: parsePrefix4('198.51.100.0/24'), router: parseIpv4('203.0.113.2') },
    { destination: parsePrefix4('192.0.2.0/24'), router: parseIpv4('0.0.0.0') },
  ];
  const { lan, wan } = wantedLinks(configOf(), {
    prefix,
    gateway,
    routes,
    dnsServers: [],
    domain: undefined,
    searchDomains: [],
  });
  assert.deepEqual(lan, {
    devices: ['lan0'],
    up: true,
    ipv4: { addresses: [parsePrefix4('192.168.77.1/24')], routes: [] },
  });
  assert.deepEqual(wan, {
    device: 'wan0',
    up: true,
    ipv4: {
      addresses: [prefix],
      routes: [
        { destination: EVERYWHERE, gateway, metric: 100 },
        { destination: routes[0]?.destination, metric: 100, gateway: routes[0]?.router },
        { destination: routes[1]?.destination, metric: 100 },
      ],
    },
  });
});

test('bareLinks() wants devices without addresses, and no bridge, VLAN or MAC address of the owner on them', () => {
  const wan = { device: 'wan0', vlan: 7, mac: '02:00:00:00:00:20', mtu: 1400 };
  const ipv4 = { addresses: [], routes: [] };
  assert.deepEqual(bareLinks(configOf({ wan, lan: { devices: ['lan0', 'lan1'] } })), {
    lan: { devices: ['lan0'], up: true, ipv4 },
    wan: { device: 'wan0', up: true, ipv4 },
  });
});

test('wantedLinks() leaves the WAN as it is until its address is known, and empties it when there is none', () => {
  assert.deepEqual(wantedLinks(configOf({ wan: { mtu: 1492 } }), 'unknown').wan, {
    device: 'wan0',
    up: true,
    mtu: 1492,
  });
  assert.deepEqual(wantedLinks(configOf(), 'none').wan?.ipv4, { addresses: [], routes: [] });
});

test('wantedLinks() in lan-only takes the WAN down and routes over the gateway of the LAN', () => {
  const { lan, wan } = wantedLinks(LAN_ONLY, 'none');
  assert.deepEqual(lan?.ipv4?.routes, [{ destination: EVERYWHERE, gateway: GATEWAY }]);
  assert.deepEqual(wan, { device: 'wan0', up: false, ipv4: { addresses: [], routes: [] } });
  assert.deepEqual(wantedLinks(configOf({ mode: 'lan-only' }), 'none').lan?.ipv4?.routes, []);
  assert.deepEqual(
    wantedLinks(configOf({ lan: { gateway: '192.168.77.254' } }), 'none').lan?.ipv4?.routes,
    [],
  );
});

test('wanMethod() is DHCP under the own name by default, or the fixed address', () => {
  assert.deepEqual(wanMethod(configOf({ system: { name: 'box' } })), { kind: 'dhcp', hostName: 'box' });
  const ipv4 = { method: 'static', address: '198.51.100.7/24' };
  const fixed = { kind: 'static', address: parsePrefix4('198.51.100.7/24'), dnsServers: [] };
  assert.deepEqual(wanMethod(configOf({ wan: { ipv4 } })), { ...fixed, gateway: undefined });
  assert.deepEqual(wanMethod(configOf({ wan: { ipv4: { ...ipv4, gateway: '198.51.100.1' } } })), {
    ...fixed,
    gateway: parseIpv4('198.51.100.1'),
  });
});

test('dhcpOptions() tells clients that the box is router and name server, and of no clock that it has not', () => {
  const options = dhcpOptions(configOf());
  const own = [parseIpv4('192.168.77.1')];
  assert.deepEqual([options.routers, options.dnsServers, options.timeServers], [own, own, []]);
  assert.deepEqual([options.domain, options.leaseTime], ['office.example', Hours(12)]);
  assert.deepEqual(options.server, parsePrefix4('192.168.77.1/24'));
});

test('dhcpOptions() in lan-only tells clients the configured gateway and the first name server', () => {
  const options = dhcpOptions(LAN_ONLY);
  assert.deepEqual(options.routers, [GATEWAY]);
  assert.deepEqual(options.dnsServers, [parseIpv4('192.0.2.53')]);
});

test('dhcpOptions() in lan-only tells clients nothing that is not configured, or no IPv4 address', () => {
  const bare = dhcpOptions(configOf({ mode: 'lan-only' }));
  assert.deepEqual([bare.routers, bare.dnsServers], [[], []]);
  const upstreams = ['udp://[2001:db8::53]'];
  assert.deepEqual(dhcpOptions(configOf({ mode: 'lan-only', dns: { upstreams } })).dnsServers, []);
});

test('dhcpOptions() passes on reservations, exclusions and further options', () => {
  const mac = '02:00:00:00:00:20';
  const dhcp = {
    reservations: [
      { mac, address: '192.168.77.20', name: 'printer' },
      { mac: '02:00:00:00:00:21', address: '192.168.77.21' },
    ],
    exclude: ['192.168.77.9'],
    options: [{ code: 66, value: 'tftp' }],
  };
  const options = dhcpOptions(configOf({ dhcp }));
  assert.deepEqual(options.reservations, [
    { mac, client: undefined, hostName: undefined, address: parseIpv4('192.168.77.20'), name: 'printer' },
    {
      mac: '02:00:00:00:00:21',
      client: undefined,
      hostName: undefined,
      address: parseIpv4('192.168.77.21'),
      name: undefined,
    },
  ]);
  const nine = parseIpv4('192.168.77.9');
  assert.deepEqual(options.exclude, [{ first: nine, last: nine }]);
  assert.deepEqual(options.custom, new Map([[66, Uint8Array.of(0x74, 0x66, 0x74, 0x70)]]));
});

test('leasePool() is the configured one, or .1 to .100 of the LAN', () => {
  const text = (config: Config): string => {
    const { first, last } = leasePool(config);
    return `${formatIpv4(first)} ${formatIpv4(last)}`;
  };
  assert.equal(text(configOf()), '192.168.77.1 192.168.77.100');
  const pool = { first: '192.168.77.50', last: '192.168.77.60' };
  assert.equal(text(configOf({ dhcp: { pool } })), '192.168.77.50 192.168.77.60');
});

test('postOptions() listens on the LAN, but on every address for public services', () => {
  const options = postOptions(configOf({ firewall: { publicServices: ['smtp', 'pop3s'] } }), TLS);
  assert.deepEqual(
    options.listeners.map(({ service, address, port }) => `${service} ${address} ${port}`),
    [
      'smtp 0.0.0.0 25',
      'submission 192.168.77.1 587',
      'submissions 192.168.77.1 465',
      'pop3 192.168.77.1 110',
      'pop3s 0.0.0.0 995',
    ],
  );
  assert.deepEqual(postOptions(configOf({ mail: { enabled: false } }), TLS).listeners, []);
});

test('postOptions() gives a port the rules of the owner, those of POP3 too', () => {
  const listeners = [{ service: 'pop3s', allow: ['192.168.77.0/28'], deny: ['192.168.77.3/32'] }];
  const options = postOptions(configOf({ mail: { listeners } }), TLS);
  assert.deepEqual(
    options.listeners.filter(({ allow }) => allow !== undefined),
    [
      {
        service: 'pop3s',
        address: '192.168.77.1',
        port: 995,
        allow: ['192.168.77.0/28'],
        deny: ['192.168.77.3/32'],
      },
    ],
  );
});

test('postOptions() takes names from the domain of the office unless mail has its own', () => {
  const options = postOptions(configOf(), TLS);
  assert.deepEqual([options.hostName, options.domains], ['mail.office.example', ['office.example']]);
  assert.deepEqual([options.lan, options.maxMessage, options.tls], ['192.168.77.1/24', 25 * 2 ** 20, TLS]);
  const own = postOptions(
    configOf({ mail: { hostName: 'mx.firm.example', domains: ['firm.example', 'shop.example'] } }),
    TLS,
  );
  assert.deepEqual([own.hostName, own.domains], ['mx.firm.example', ['firm.example', 'shop.example']]);
});

test('postOptions() passes on what a login takes, and no more of the people', () => {
  const user = { name: 'alice', password: 'scrypt$x', fullName: 'Alice' };
  const bob = { name: 'bob', password: 'scrypt$y', quota: '2M', keepDays: null };
  const mail = { aliases: { info: ['alice'] }, keepDays: 30 };
  const options = postOptions(configOf({ users: [user, bob], mail }), TLS);
  assert.deepEqual(options.users, [
    { name: 'alice', password: 'scrypt$x', quota: null, keepDays: 30 },
    { name: 'bob', password: 'scrypt$y', quota: 2 * 2 ** 20, keepDays: null },
  ]);
  assert.equal(options.keepDays, 30);
  assert.deepEqual(options.aliases, { info: ['alice'] });
});

test('webOptions() listens on the LAN only and knows every name the page may be called by', () => {
  const options = webOptions(configOf({ system: { name: 'box' }, web: { http: 81 } }), TLS, '/run/api.sock');
  assert.deepEqual(options, {
    address: '192.168.77.1',
    http: 81,
    https: 8443,
    front: { http: 80, https: 443 },
    tls: TLS,
    hostNames: [
      'admin.office.example',
      'box.office.example',
      'lan.office.example',
      'admin',
      'box',
      'localhost',
    ],
    apiSocket: '/run/api.sock',
  });
});

test('dnsUpstreams() are the configured servers that can be asked, in order', () => {
  const upstreams = ['tls://192.0.2.1#dns.example', 'tcp://192.0.2.2', 'udp://192.0.2.3'];
  assert.deepEqual(dnsUpstreams(configOf({ dns: { upstreams } })), upstreams.slice(1).map(parseUpstream));
  assert.deepEqual(dnsUpstreams(configOf()), []);
});

test('dnsOptions() answers on the LAN, and nobody but the LAN and the box itself', () => {
  const { listen, isClient } = dnsOptions(configOf(), []);
  assert.deepEqual(listen, [{ address: parseIpv4('192.168.77.1'), port: 53 }]);
  for (const [text, answered] of [
    ['192.168.77.200', true],
    ['127.0.0.1', true],
    ['192.168.78.1', false],
    ['203.0.113.9', false],
    ['::1', false],
  ] as const)
    assert.equal(isClient(parseAddress(text)), answered, text);
});

test('dnsOptions() makes the zone of the office, with its mail server if there is one', () => {
  const records = [{ name: 'printer', type: 'A', value: '192.168.77.20', ttl: '1h' }];
  const { zone, rebindAllow } = dnsOptions(configOf({ dns: { records, rebindAllow: ['vpn.example'] } }), []);
  assert.deepEqual(
    [zone.domain, zone.hostName, zone.mailHost],
    ['office.example', 'gatepost', 'mail.office.example'],
  );
  assert.deepEqual(
    zone.records.map(({ name, ttl }) => [name, ttl]),
    [['printer.office.example', 3600]],
  );
  assert.deepEqual(rebindAllow, ['vpn.example']);
  assert.equal(dnsOptions(configOf({ mail: { enabled: false } }), []).zone.mailHost, undefined);
});
