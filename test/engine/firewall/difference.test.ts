import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Seconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { canonicalLines } from '../../../src/engine/firewall/canonical.ts';
import { compileRuleset } from '../../../src/engine/firewall/compile.ts';
import { differenceTo } from '../../../src/engine/firewall/difference.ts';
import type { FirewallOptions, PortForward } from '../../../src/engine/firewall/options.ts';
import { type Ruleset, rule } from '../../../src/engine/firewall/ruleset.ts';
import { accept, drop } from '../../../src/engine/firewall/statement.ts';
import { contentMessages } from '../../../src/engine/firewall/transaction.ts';
import { NFT_VERDICT } from '../../../src/wire/nftables/constants.ts';
import type { NftMessage } from '../../../src/wire/nftables/message.ts';
import { FakeNftables } from '../../fake/fake-nftables.ts';
import { OFFICE, forwardWith } from './options.ts';

function kernelWith(ruleset: Ruleset): FakeNftables {
  const kernel = new FakeNftables();
  kernel.add(...contentMessages(ruleset));
  return kernel;
}

function changesFrom(kernel: FakeNftables, ruleset: Ruleset): readonly NftMessage[] {
  const difference = differenceTo(ruleset, kernel.content);
  assert.equal(difference.kind, 'change');
  return difference.kind === 'change' ? difference.messages : [];
}

/** What is done, in short: `add elements forwards 1`. */
function outline(messages: readonly NftMessage[]): string[] {
  return messages.map(({ operation, kind, body }) => {
    if (kind === 'elements') return `${operation} elements ${body.set} ${body.elements?.length ?? 'all'}`;
    if (kind === 'rule') return `${operation} rule ${body.chain}`;
    return `${operation} ${kind} ${'name' in body ? body.name : ''}`;
  });
}

function ports(count: number): PortForward[] {
  return Array.from({ length: count }, (_, i) =>
    forwardWith({ name: `device-${i}`, port: { first: 9000 + i, last: 9000 + i } }),
  );
}

const small: Ruleset = {
  table: 'gatepost',
  comment: 'test',
  counters: ['a', 'b'],
  sets: [
    {
      name: 'counted',
      comment: 'counted',
      key: ['inet_service'],
      interval: false,
      counted: true,
      elements: [1, 2, 3].map((port) => ({ key: Uint8Array.of(0, port), comment: `line ${port}` })),
    },
    {
      name: 'seen',
      comment: 'seen',
      key: ['ipv4_addr'],
      interval: false,
      counted: true,
      dynamic: { size: 100, timeout: Seconds(60) },
      elements: [],
    },
  ],
  chains: [
    { name: 'one', rules: [rule('a', accept())] },
    { name: 'two', rules: [rule('b', drop())] },
    {
      name: 'input',
      base: { type: 'filter', hook: 1, priority: 0, policy: 'drop' },
      rules: [rule('c', accept())],
    },
  ],
};

test('differenceTo() is none for what is in the kernel', () => {
  const ruleset = compileRuleset({ ...OFFICE, forwards: ports(3) });
  assert.deepEqual(differenceTo(ruleset, kernelWith(ruleset).content), { kind: 'none' });
});

test('differenceTo() asks for a whole table where there is none', () => {
  assert.equal(differenceTo(small, []).kind, 'replacement');
});

test('differenceTo() adds and removes single elements of a set', () => {
  const forwards = ports(10);
  const kernel = kernelWith(compileRuleset({ ...OFFICE, hairpin: false, forwards }));
  const [first, ...others] = forwards;
  const renamed = {
    ...OFFICE,
    hairpin: false,
    forwards: [{ ...first, name: 'renamed' } as PortForward, ...others],
  };
  assert.deepEqual(outline(changesFrom(kernel, compileRuleset(renamed))), [
    'delete elements forwarded-ports 1',
    'add elements forwarded-ports 1',
  ]);
});

test('differenceTo() empties a set that loses most of its elements with one message', () => {
  const kernel = kernelWith(compileRuleset({ ...OFFICE, hairpin: false, forwards: ports(50) }));
  const ruleset = compileRuleset({ ...OFFICE, hairpin: false, forwards: ports(2) });
  assert.deepEqual(outline(changesFrom(kernel, ruleset)), [
    'delete elements forwarded-ports all',
    'add elements forwarded-ports 2',
  ]);
});

test('differenceTo() fills a set of single ranges again, because an end belongs to no one start', () => {
  const kernel = kernelWith(compileRuleset(OFFICE));
  const lanNetworks = ['192.168.76.1/23', '10.0.0.1/24'].map(parsePrefix4);
  assert.deepEqual(outline(changesFrom(kernel, compileRuleset({ ...OFFICE, lanNetworks }))), [
    'delete elements lan-networks all',
    'add elements lan-networks 5',
  ]);
});

test('differenceTo() empties and fills only chains whose rules differ', () => {
  const [one, , input] = small.chains;
  assert.ok(one !== undefined && input !== undefined);
  const two = { name: 'two', rules: [rule('b', accept())] };
  assert.deepEqual(outline(changesFrom(kernelWith(small), { ...small, chains: [one, two, input] })), [
    'delete rule two',
    'add rule two',
  ]);
});

test('differenceTo() changes the policy of a base chain in place', () => {
  const chains = small.chains.map((chain) =>
    chain.base === undefined ? chain : { ...chain, base: { ...chain.base, policy: 'accept' as const } },
  );
  const messages = changesFrom(kernelWith(small), { ...small, chains });
  assert.deepEqual(
    messages.map(({ body }) => body),
    [{ table: 'gatepost', name: 'input', policy: NFT_VERDICT.ACCEPT }],
  );
});

test('differenceTo() asks for a whole table where a chain hangs elsewhere, a set has other keys or flags', () => {
  const elsewhere = small.chains.map((chain) =>
    chain.base === undefined ? chain : { ...chain, base: { ...chain.base, priority: 10 } },
  );
  const [counted, seen] = small.sets;
  assert.ok(counted !== undefined && seen !== undefined);
  const variants: Ruleset[] = [
    { ...small, chains: elsewhere },
    { ...small, sets: [{ ...counted, key: ['mark'], elements: [] }, seen] },
    { ...small, sets: [{ ...counted, counted: false }, seen] },
    { ...small, sets: [counted, { ...seen, dynamic: { size: 200, timeout: Seconds(60) } }] },
    { ...small, comment: 'another' },
  ];
  for (const variant of variants)
    assert.equal(differenceTo(variant, kernelWith(small).content).kind, 'replacement');
});

test('differenceTo() leaves what rules have put into a set alone', () => {
  const kernel = kernelWith(small);
  const body = {
    table: 'gatepost',
    set: 'seen',
    elements: [{ key: { value: Uint8Array.of(192, 0, 2, 1) } }],
  };
  kernel.add({ operation: 'add', family: 1, kind: 'elements', body });
  assert.equal(differenceTo(small, kernel.content).kind, 'none');
});

test('differenceTo() lets an element that only means something else keep what it has counted', () => {
  const kernel = kernelWith(small);
  kernel.count('counted', Uint8Array.of(0, 2), 5n, 500n);
  const [counted, seen] = small.sets;
  assert.ok(counted !== undefined && seen !== undefined);
  const elements = counted.elements.map((one) => ({ ...one, comment: 'moved' }));
  const messages = changesFrom(kernel, { ...small, sets: [{ ...counted, elements }, seen] });
  const added = messages.flatMap((one) =>
    one.kind === 'elements' && one.operation === 'add' ? (one.body.elements ?? []) : [],
  );
  assert.deepEqual(
    added.map(({ expression }) => expression),
    [{ kind: 'counter' }, { kind: 'counter', packets: 5n, bytes: 500n }, { kind: 'counter' }],
  );
});

const mode = fc.constantFrom('firewall', 'firewall-dmz', 'router', 'lan-only');
const networks = fc.subarray(
  ['192.168.77.1/24', '10.1.0.1/16', '172.16.0.1/20', '0.0.0.1/8'].map(parsePrefix4),
  {
    minLength: 1,
  },
);
const devices = fc.subarray(['eth0', 'eth1', 'eth2'], { minLength: 1 });
const services = fc.subarray([
  { name: 'dns', protocol: 'udp', port: 53 },
  { name: 'dns', protocol: 'tcp', port: 53 },
  { name: 'smtp', protocol: 'tcp', port: 25 },
  { name: 'admin', protocol: 'tcp', port: 8443 },
] as const);
const forwards = fc
  .uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 })
  .chain((slots) => fc.tuple(...slots.map((slot) => forwardAt(slot))));

/** Each slot has ten ports of its own, so that no two forwards overlap. */
function forwardAt(slot: number): fc.Arbitrary<PortForward> {
  const first = 1000 + slot * 10;
  return fc.record({
    name: fc.constantFrom('camera', 'phone'),
    protocol: fc.constantFrom('tcp', 'udp', 'both'),
    port: fc.integer({ min: 0, max: 9 }).map((length) => ({ first, last: first + length })),
    to: fc.constantFrom('192.168.77.20', '192.168.77.21').map(parseIpv4),
    toPort: fc.constantFrom(null, 4000),
    from: fc.subarray(['198.51.100.0/24', '203.0.113.0/25'].map(parsePrefix4)),
    enabled: fc.boolean(),
  });
}

const wish: fc.Arbitrary<FirewallOptions> = fc.record({
  mode,
  wan: devices,
  lan: devices.map((names) => names.map((name) => name.replace('eth', 'lan'))),
  lanNetworks: networks,
  lanServices: services,
  publicServices: services,
  forwards,
  hairpin: fc.boolean(),
  pingFromWan: fc.boolean(),
  oneToOne: fc.constant([]),
  exposedHost: fc.constant(null),
  blocked: fc.constant({ macs: [], addresses: [] }),
  logDropped: fc.boolean(),
  offload: fc.constant([]),
} satisfies { [K in keyof FirewallOptions]: fc.Arbitrary<FirewallOptions[K]> });

test('differenceTo() makes every ruleset from every other, in an order the kernel takes', () => {
  fc.assert(
    fc.property(wish, wish, (before, after) => {
      const kernel = kernelWith(compileRuleset(before));
      const ruleset = compileRuleset(after);
      const difference = differenceTo(ruleset, kernel.content);
      assert.notEqual(difference.kind, 'replacement');
      if (difference.kind === 'change') kernel.add(...difference.messages);
      assert.deepEqual(canonicalLines(kernel.content), canonicalLines(contentMessages(ruleset)));
    }),
    { numRuns: 60 },
  );
});
