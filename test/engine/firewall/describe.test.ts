import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { EVERYWHERE4, parsePrefix4 } from '../../../src/base/prefix.ts';
import { type FirewallCounts, describeFirewall } from '../../../src/engine/firewall/describe.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { OFFICE, forwardWith } from './options.ts';

const NO_COUNTS: FirewallCounts = { counters: [], elements: [] };

function texts(changes: Partial<FirewallOptions>, source: string): readonly string[] {
  return describeFirewall({ ...OFFICE, ...changes }, NO_COUNTS)
    .filter((line) => line.source === source)
    .map(({ text }) => text);
}

test('describeFirewall() goes by the order of the configuration, mode first and always last', () => {
  const options = {
    ...OFFICE,
    forwards: [forwardWith(), forwardWith({ name: 'old', enabled: false })],
    oneToOne: [{ name: 'pbx', address: parseIpv4('203.0.113.60'), to: parseIpv4('192.168.77.60') }],
    exposedHost: parseIpv4('192.168.77.70'),
    blocked: { macs: [parseMac('02:00:00:00:00:09')], addresses: [] },
    logDropped: true,
    offload: ['wan0'],
  };
  const sources = describeFirewall(options, NO_COUNTS).map(({ source }) => source);
  assert.deepEqual(
    [...new Set(sources)],
    [
      'mode',
      'firewall.publicServices',
      'firewall.forwards[0]',
      'firewall.forwards[1]',
      'firewall.oneToOne[0]',
      'firewall.exposedHost',
      'firewall.blockedDevices',
      'firewall.hairpin',
      'firewall.pingFromWan',
      'firewall.logDropped',
      'firewall.offload',
      'always',
    ],
  );
});

test('describeFirewall() says where a forward leads, its range, and who may use it', () => {
  const forwards = [
    forwardWith({ toPort: 443 }),
    forwardWith({
      name: 'games',
      protocol: 'both',
      port: { first: 5000, last: 5009 },
      toPort: 6000,
      from: [parsePrefix4('192.0.2.0/24')],
    }),
    forwardWith({ name: 'old', enabled: false }),
    forwardWith({ toPort: 443, from: [EVERYWHERE4] }),
  ];
  assert.deepEqual(texts({ forwards }, 'firewall.forwards[0]'), [
    '"camera": TCP port 8443 of the WAN leads to 192.168.77.20, port 443',
  ]);
  assert.deepEqual(texts({ forwards }, 'firewall.forwards[1]'), [
    '"games": TCP and UDP ports 5000 to 5009 of the WAN lead to 192.168.77.20, ports 6000 to 6009, only for 192.0.2.0/24',
  ]);
  assert.deepEqual(texts({ forwards }, 'firewall.forwards[2]'), ['"old" is switched off']);
  assert.deepEqual(texts({ forwards }, 'firewall.forwards[3]'), texts({ forwards }, 'firewall.forwards[0]'));
  assert.deepEqual(texts({ forwards, mode: 'router' }, 'firewall.forwards[0]'), [
    '"camera" is without effect in mode "router"',
  ]);
});

test('describeFirewall() joins counters by name and the elements of one line by comment', () => {
  const counts: FirewallCounts = {
    counters: [
      { name: 'wan-smtp', packets: 3, bytes: 180 },
      { name: 'forwarded-lan-to-wan', packets: 7, bytes: 9000 },
    ],
    elements: [
      { comment: 'firewall.forwards[1] camera', packets: 1, bytes: 60 },
      { comment: 'firewall.forwards[1] camera', packets: 2, bytes: 120 },
      { comment: 'firewall.forwards[11] other', packets: 100, bytes: 6000 },
      { comment: undefined, packets: 50, bytes: 50 },
    ],
  };
  const lines = describeFirewall({ ...OFFICE, forwards: [forwardWith(), forwardWith()] }, counts);
  const count = (source: string): unknown => {
    const line = lines.find((one) => one.source === source);
    return [line?.packets, line?.bytes];
  };
  assert.deepEqual(count('mode'), [7, 9000]);
  assert.deepEqual(count('firewall.publicServices'), [3, 180]);
  assert.deepEqual(count('firewall.forwards[0]'), [null, null]);
  assert.deepEqual(count('firewall.forwards[1]'), [3, 180]);
});

test('describeFirewall() counts pings, hairpins and messages by their line; what is off has no count', () => {
  const counts: FirewallCounts = {
    counters: ['hairpins', 'pings-from-wan', 'logged'].map((name, index) => ({
      name,
      packets: index + 1,
      bytes: 60,
    })),
    elements: [{ comment: 'firewall.exposedHost', packets: 4, bytes: 60 }],
  };
  const packets = (changes: Partial<FirewallOptions>): readonly unknown[] => {
    const options = { ...OFFICE, logDropped: true, exposedHost: parseIpv4('192.168.77.70'), ...changes };
    const lines = describeFirewall(options, counts);
    const names = ['hairpin', 'pingFromWan', 'logDropped', 'exposedHost'];
    return names.map((name) => lines.find(({ source }) => source === `firewall.${name}`)?.packets);
  };
  assert.deepEqual(packets({}), [1, 2, 3, 4]);
  assert.deepEqual(packets({ hairpin: false, pingFromWan: false }), [null, null, 3, 4]);
  assert.deepEqual(packets({ mode: 'firewall-dmz' }), [1, null, 3, 4]);
});

test('describeFirewall() has one line for a service with several ports, and says when there is none', () => {
  const publicServices = [
    { name: 'dns', protocol: 'udp', port: 53 },
    { name: 'dns', protocol: 'tcp', port: 53 },
  ] as const;
  assert.deepEqual(texts({ publicServices }, 'firewall.publicServices'), [
    'dns answers on the WAN, UDP port 53 and TCP port 53',
  ]);
  assert.deepEqual(texts({ publicServices: [] }, 'firewall.publicServices'), [
    'No service of the box answers on the WAN',
  ]);
});

test('describeFirewall() says of each mode what it lets through, and nothing of a WAN that is not used', () => {
  assert.match(texts({ mode: 'firewall-dmz' }, 'mode').join(), /dropped without an answer/);
  assert.match(texts({ mode: 'firewall-dmz' }, 'firewall.pingFromWan').join(), /never answered/);
  assert.match(texts({ mode: 'router' }, 'mode').join(), /unfiltered/);
  assert.deepEqual(texts({ mode: 'lan-only' }, 'firewall.publicServices'), []);
  assert.doesNotMatch(texts({ mode: 'lan-only' }, 'always').join(), /WAN to the box/);
});
