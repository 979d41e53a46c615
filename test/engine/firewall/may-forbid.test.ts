import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { Flow } from '../../../src/engine/conntrack/flow.ts';
import { compileRuleset } from '../../../src/engine/firewall/compile.ts';
import { mayForbid } from '../../../src/engine/firewall/may-forbid.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { type RulesOfNow, isStillAllowed } from '../../../src/engine/firewall/still-allowed.ts';
import { OFFICE, forwardWith } from './options.ts';
import { SURROUNDINGS } from './site.ts';

const PBX = { name: 'pbx', address: parseIpv4('203.0.113.60'), to: parseIpv4('192.168.77.60') };
const DEVICE = parseIpv4('192.168.77.11');
const BLOCKED = { macs: [parseMac('02:00:00:00:00:09')], addresses: [DEVICE] };
const POP = { name: 'pop3s', protocol: 'tcp', port: 995 } as const;

const HARMLESS: readonly (readonly [string, Partial<FirewallOptions>, Partial<FirewallOptions>])[] = [
  ['nothing changes', {}, {}],
  ['a forward more', {}, { forwards: [forwardWith()] }],
  ['a forward of another name', { forwards: [forwardWith()] }, { forwards: [forwardWith({ name: 'door' })] }],
  ['a forward less that was off', { forwards: [forwardWith({ enabled: false })] }, {}],
  ['a public service more', {}, { publicServices: [...OFFICE.publicServices, POP] }],
  ['an address more of a device', {}, { oneToOne: [PBX] }],
  ['a device that is exposed', {}, { exposedHost: DEVICE }],
  ['a device that is let go', { blocked: BLOCKED }, {}],
  ['pings that are answered', { pingFromWan: false }, {}],
  ['the log and the short way', {}, { logDropped: true, offload: ['wan0'] }],
];
for (const [what, before, after] of HARMLESS)
  test(`mayForbid() is false with ${what}`, () => {
    assert.equal(mayForbid({ ...OFFICE, ...before }, { ...OFFICE, ...after }), false);
  });

const HARMFUL: readonly (readonly [string, Partial<FirewallOptions>, Partial<FirewallOptions>])[] = [
  ['another mode', {}, { mode: 'firewall-dmz' }],
  ['a forward less', { forwards: [forwardWith()] }, {}],
  ['a forward that is off', { forwards: [forwardWith()] }, { forwards: [forwardWith({ enabled: false })] }],
  [
    'a forward for others',
    { forwards: [forwardWith()] },
    { forwards: [forwardWith({ from: [parsePrefix4('192.0.2.0/24')] })] },
  ],
  [
    'a forward of a port of the LAN',
    {},
    { forwards: [forwardWith({ protocol: 'both', port: { first: 50, last: 60 } })] },
  ],
  ['a service less', {}, { publicServices: [] }],
  [
    'a service that takes a port of the exposed host',
    { exposedHost: DEVICE },
    { exposedHost: DEVICE, publicServices: [...OFFICE.publicServices, POP] },
  ],
  ['another exposed host', { exposedHost: DEVICE }, { exposedHost: parseIpv4('192.168.77.12') }],
  ['an address less of a device', { oneToOne: [PBX] }, {}],
  ['a device that is blocked', {}, { blocked: BLOCKED }],
  ['hairpin the other way', {}, { hairpin: false }],
  ['pings that are not answered', {}, { pingFromWan: false }],
  ['another LAN', {}, { lanNetworks: [parsePrefix4('192.168.78.1/24')] }],
];
for (const [what, before, after] of HARMFUL)
  test(`mayForbid() is true with ${what}`, () => {
    assert.equal(mayForbid({ ...OFFICE, ...before }, { ...OFFICE, ...after }), true);
  });

const device = fc.integer({ min: 11, max: 14 }).map((last) => Ipv4(parseIpv4('192.168.77.0') + last));
const port = fc.constantFrom(25, 53, 80, 443, 8443);
const options: fc.Arbitrary<FirewallOptions> = fc
  .record({
    mode: fc.constantFrom('firewall', 'firewall-dmz', 'router'),
    forwards: fc.uniqueArray(
      fc
        .record({
          protocol: fc.constantFrom('tcp', 'udp', 'both'),
          port: port.map((first) => ({ first, last: first })),
          to: device,
          toPort: fc.constantFrom(null, 8080),
          from: fc.constantFrom([], [parsePrefix4('198.51.100.0/24')]),
          enabled: fc.boolean(),
        })
        .map((changes) => forwardWith(changes)),
      { maxLength: 3, selector: (forward) => forward.port.first },
    ),
    exposedHost: fc.option(device, { freq: 4 }),
    hairpin: fc.boolean(),
    pingFromWan: fc.boolean(),
    publicServices: fc.constantFrom([], OFFICE.publicServices),
    blocked: fc.constantFrom({ macs: [], addresses: [] }, BLOCKED),
  })
  .map((changes) => ({ ...OFFICE, ...changes }));

/** Connections that the rules may know: out, in, to the box, by its address on the WAN from inside. */
const flow: fc.Arbitrary<Flow> = fc
  .record({
    source: fc.oneof(device, fc.constantFrom(parseIpv4('198.51.100.2'), parseIpv4('192.0.2.7'))),
    destination: fc.oneof(
      device,
      fc.constantFrom('203.0.113.50', '192.168.77.1', '198.51.100.9').map(parseIpv4),
    ),
    led: fc.option(device),
    port,
    ledPort: fc.option(fc.constant(8080)),
    protocol: fc.constantFrom(6, 17),
  })
  .map(({ source, destination, led, port: called, ledPort, protocol }) => {
    const [from, to] = [
      { address: source, port: 40_000 },
      { address: destination, port: called },
    ];
    const answers = { address: led ?? destination, port: led === null ? called : (ledPort ?? called) };
    const ends = { source: from, destination: to, replySource: answers, replyDestination: from };
    const rest = { id: 1, zone: undefined, icmp: undefined, status: 0, state: undefined, timeoutSeconds: 1 };
    const none = { packets: 0, bytes: 0 };
    return { ...rest, protocol, ...ends, sent: none, received: none };
  });

function rulesOf(wish: FirewallOptions): RulesOfNow {
  const blockedAddresses = new Set(wish.blocked.addresses);
  return { options: wish, blockedAddresses, ruleset: compileRuleset(wish), surroundings: SURROUNDINGS };
}

test('mayForbid() is true wherever a connection that was allowed is no more: any options, any connection', () => {
  let harmless = 0;
  const changed = fc
    .tuple(options, options, fc.integer({ min: 0, max: 127 }))
    .map(([before, other, kept]) => {
      const keys = [
        'mode',
        'forwards',
        'exposedHost',
        'hairpin',
        'pingFromWan',
        'publicServices',
        'blocked',
      ] as const;
      // Most parts stay, as in what an owner does.
      const parts = keys
        .filter((_, index) => (kept & (1 << index)) !== 0)
        .map((key) => [key, before[key]] as const);
      return { before, after: { ...other, ...Object.fromEntries(parts) } };
    });
  fc.assert(
    fc.property(changed, fc.array(flow, { minLength: 10, maxLength: 10 }), ({ before, after }, flows) => {
      if (mayForbid(before, after)) return;
      harmless++;
      const [then, now] = [rulesOf(before), rulesOf(after)];
      for (const one of flows) assert.ok(!isStillAllowed(one, then) || isStillAllowed(one, now));
    }),
    { numRuns: 1500 },
  );
  assert.ok(harmless > 50, String(harmless));
});
