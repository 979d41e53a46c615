import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { UserError } from '../../../src/base/errors.ts';
import { compileRuleset, denyAll } from '../../../src/engine/firewall/compile.ts';
import { minimalRuleset } from '../../../src/engine/firewall/minimal.ts';
import {
  ALL_FEATURES,
  type FirewallFeatures,
  type FirewallOptions,
} from '../../../src/engine/firewall/options.ts';
import { toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { parseMac } from '../../../src/base/mac.ts';
import type { Expression } from '../../../src/wire/nftables/expression.ts';
import { NFLOG_GROUP } from '../../../src/engine/firewall/names.ts';
import type { Ruleset } from '../../../src/engine/firewall/ruleset.ts';
import { commentItem } from '../../../src/wire/nftables/user-data.ts';
import { OFFICE, forwardWith } from './options.ts';

const MODES = ['firewall', 'firewall-dmz', 'router', 'lan-only'] as const;

const anyOptions: fc.Arbitrary<FirewallOptions> = fc
  .record({
    mode: fc.constantFrom(...MODES),
    hairpin: fc.boolean(),
    pingFromWan: fc.boolean(),
    enabled: fc.boolean(),
    protocol: fc.constantFrom('tcp', 'udp', 'both'),
    toPort: fc.constantFrom(null, 443),
    logDropped: fc.boolean(),
    offload: fc.constantFrom([], ['wan0', 'lan0']),
  })
  .map(({ mode, hairpin, pingFromWan, logDropped, offload, ...changes }) => ({
    ...OFFICE,
    mode,
    hairpin,
    pingFromWan,
    logDropped,
    offload,
    forwards: [forwardWith(changes)],
  }));

function policyOf(ruleset: Ruleset, name: string): string | undefined {
  return ruleset.chains.find((chain) => chain.name === name)?.base?.policy;
}

test('compileRuleset() closes the box and what goes through it by policy, but for mode router', () => {
  for (const mode of MODES) {
    const ruleset = compileRuleset({ ...OFFICE, mode });
    assert.equal(policyOf(ruleset, 'input'), 'drop', mode);
    assert.equal(policyOf(ruleset, 'forward'), mode === 'router' ? 'accept' : 'drop', mode);
  }
  assert.equal(policyOf(denyAll(OFFICE), 'input'), 'drop');
  assert.equal(policyOf(denyAll(OFFICE), 'forward'), 'drop');
});

const anyFeatures: fc.Arbitrary<FirewallFeatures> = fc.record({
  offload: fc.boolean(),
  log: fc.boolean(),
  accounting: fc.boolean(),
  limits: fc.boolean(),
  antiSpoof: fc.boolean(),
  mssClamp: fc.boolean(),
});

function expressionsOf({ chains }: Ruleset): Expression[] {
  return chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.expressions));
}

/** Names of sets, chains and counters that an expression leads to. */
function namesIn(expression: Expression): (string | undefined)[] {
  switch (expression.kind) {
    case 'lookup':
    case 'dynset':
      return [expression.set];
    case 'objref':
      return [expression.set, expression.name];
    case 'immediate':
      return [expression.data?.verdict?.chain];
    default:
      return [];
  }
}

/** Everything that rules and elements lead to. */
function namesUsed(ruleset: Ruleset): Set<string> {
  const values = ruleset.sets.flatMap(({ elements }) => elements.map(({ value }) => value));
  const named = values.map((value) => {
    if (value === undefined || 'bytes' in value) return undefined;
    return 'counter' in value ? value.counter : value.verdict.chain;
  });
  const all = [...expressionsOf(ruleset).flatMap(namesIn), ...named];
  return new Set(all.filter((name) => name !== undefined));
}

/** What stays in the table in modes that do not use it. */
const KEPT = ['lan-networks', 'upload', 'upload6', 'download', 'download6'];

test('compileRuleset() names only what it makes, and makes no set and no chain that nothing leads to', () => {
  fc.assert(
    fc.property(anyOptions, anyFeatures, (options, features) => {
      const ruleset = compileRuleset(options, features);
      const { chains, sets, counters } = ruleset;
      const known = new Set([...counters, ...[...sets, ...chains].map(({ name }) => name)]);
      const used = namesUsed(ruleset);
      for (const name of used) assert.ok(known.has(name), name);
      for (const { name } of sets) assert.ok(used.has(name) || KEPT.includes(name), name);
      for (const { name, base } of chains) assert.ok(used.has(name) || base !== undefined, name);
    }),
  );
});

const LINE =
  /^(always: .+|mode: (firewall|firewall-dmz|router|lan-only)(, .+)?|(firewall|wan|lan)\.[A-Za-z]+)$/;

test('compileRuleset() says of every rule where it comes from, in a comment that nft accepts', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      for (const { comment } of compileRuleset(options).chains.flatMap(({ rules }) => rules)) {
        assert.match(comment, LINE);
        assert.doesNotThrow(() => commentItem(comment));
      }
    }),
  );
});

test('compileRuleset() keeps its hooks for translation in every mode with a WAN, without a rule in mode router', () => {
  const rulesOf = (mode: FirewallOptions['mode']): number[] =>
    compileRuleset({ ...OFFICE, mode })
      .chains.filter(({ base }) => base?.type === 'nat')
      .map(({ rules }) => rules.length);
  assert.deepEqual(rulesOf('router'), [0, 0]);
  assert.deepEqual(rulesOf('lan-only'), []);
  assert.deepEqual(rulesOf('firewall'), rulesOf('firewall-dmz'));
});

test('compileRuleset() lets every element come and go without a change of rules', () => {
  const rules = (changes: Partial<FirewallOptions>): string =>
    inspect(compileRuleset({ ...OFFICE, publicServices: [], lanServices: [], ...changes }).chains, {
      depth: null,
      maxArrayLength: null,
    });
  const [address, to] = [parseIpv4('203.0.113.60'), parseIpv4('192.168.77.21')];
  const changes: Partial<FirewallOptions>[] = [
    { forwards: [forwardWith()] },
    { oneToOne: [{ name: 'camera', address, to }] },
    { exposedHost: to },
    { publicServices: OFFICE.publicServices },
    { lanServices: OFFICE.lanServices },
  ];
  for (const change of changes) assert.equal(rules(change), rules({}), Object.keys(change).join(' '));
});

test('compileRuleset() asks packets whether their device is blocked only while one is', () => {
  const asked = (blocked: FirewallOptions['blocked'], mode: FirewallOptions['mode']): string[] => {
    const { sets, chains } = compileRuleset({ ...OFFICE, mode, blocked });
    return [...sets, ...chains].map(({ name }) => name).filter((name) => name.startsWith('blocked'));
  };
  const nobody = { macs: [], addresses: [] };
  const mac = parseMac('02:00:00:00:00:20');
  for (const mode of MODES) {
    const all = ['blocked-macs', 'blocked-addresses', 'blocked-addresses6', 'blocked'];
    assert.deepEqual(asked(nobody, mode), [], mode);
    assert.deepEqual(asked({ macs: [mac], addresses: [] }, mode), mode === 'lan-only' ? [] : all, mode);
  }
});

/** The comments of a chain's rules, up to the first with that comment. */
function before(ruleset: Ruleset, name: string, comment: string): string[] {
  const comments = ruleset.chains.find((chain) => chain.name === name)?.rules.map((one) => one.comment) ?? [];
  return comments.slice(0, comments.indexOf(comment));
}

test('compileRuleset() asks everybody on the WAN who it is, but for replies to what the LAN asked under the address of the box', () => {
  const ruleset = compileRuleset({ ...OFFICE, mode: 'firewall' });
  const asked = 'mode: firewall, who sends from the WAN is asked';
  assert.deepEqual(before(ruleset, 'input', asked), ['always: loopback']);
  assert.deepEqual(before(ruleset, 'forward', asked), [
    'mode: firewall',
    'always: replies',
    'always: by direction',
  ]);
  assert.deepEqual(before(ruleset, 'wan-to-lan', asked), [
    'always: replies',
    'always: segments fit the MTU of their way',
    'always: replies',
  ]);
});

test('compileRuleset() lets connections that both sides have used pass before all else but blocked devices', () => {
  const blocked = { macs: [parseMac('02:00:00:00:00:13')], addresses: [] };
  const { chains } = compileRuleset({ ...OFFICE, mode: 'firewall', blocked });
  const first = (name: string): string | undefined => {
    const rules = chains.find((chain) => chain.name === name)?.rules ?? [];
    const rest = rules.filter(({ comment }) => comment !== 'firewall.blockedDevices');
    assert.ok(rest.length < rules.length && rules.at(-rest.length) === rest[0]);
    return JSON.stringify(rest[0]?.expressions.at(-1));
  };
  assert.match(first('lan-to-wan') ?? '', /in-use-to-wan/);
  assert.match(first('wan-to-lan') ?? '', /in-use-to-lan/);
});

test('compileRuleset() compares the names of few devices before it looks pairs up, unless somebody is blocked', () => {
  const lookUpAt = (changed: Partial<FirewallOptions>): number => {
    const { chains } = compileRuleset({ ...OFFICE, mode: 'firewall', ...changed });
    const rules = chains.find(({ name }) => name === 'forward')?.rules ?? [];
    return rules.findIndex(({ comment }) => comment === 'always: by direction');
  };
  assert.equal(lookUpAt({}), 2);
  assert.equal(lookUpAt({ lan: ['lan0', 'lan1'] }), 4);
  assert.equal(lookUpAt({ lan: ['lan0', 'lan1', 'lan2'] }), 0);
  assert.equal(lookUpAt({ blocked: { macs: [parseMac('02:00:00:00:00:13')], addresses: [] } }), 0);
  assert.equal(lookUpAt({ mode: 'router' }), 0);
});

/** What of a ruleset a kernel without the feature would refuse. */
const NEEDS: Readonly<Record<keyof FirewallFeatures, (ruleset: Ruleset) => boolean>> = {
  offload: (ruleset) => (ruleset.flowTable ?? []).length > 0 || hasKind(ruleset, 'flow_offload'),
  log: (ruleset) => hasKind(ruleset, 'log'),
  accounting: ({ sets }) => sets.some(({ counted }) => counted === true),
  limits: (ruleset) =>
    hasKind(ruleset, 'limit') ||
    expressionsOf(ruleset).some((one) => one.kind === 'dynset' && one.expression !== undefined),
  antiSpoof: (ruleset) =>
    expressionsOf(ruleset).some((one) => one.kind === 'fib' && one.result === 1) ||
    ruleset.sets.some(({ name }) => name === 'tcp-flags'),
  mssClamp: (ruleset) => hasKind(ruleset, 'rt') || hasKind(ruleset, 'exthdr'),
};

function hasKind(ruleset: Ruleset, kind: Expression['kind']): boolean {
  return expressionsOf(ruleset).some((one) => one.kind === kind);
}

test('compileRuleset() has nothing of a feature that the kernel lacks, and something of each that it has', () => {
  const options: FirewallOptions = { ...OFFICE, logDropped: true, offload: ['wan0', 'lan0'] };
  for (const feature of Object.keys(ALL_FEATURES) as (keyof FirewallFeatures)[]) {
    assert.ok(NEEDS[feature](compileRuleset(options)), feature);
    for (const mode of MODES) {
      const without = compileRuleset({ ...options, mode }, { ...ALL_FEATURES, [feature]: false });
      assert.ok(!NEEDS[feature](without), `${mode} without ${feature}`);
    }
  }
});

test('compileRuleset() logs only behind a limit, to one group, and only if it is wanted', () => {
  for (const mode of MODES) {
    assert.ok(!hasKind(compileRuleset({ ...OFFICE, mode }), 'log'));
    const { chains } = compileRuleset({ ...OFFICE, mode, logDropped: true });
    for (const { expressions } of chains.flatMap(({ rules }) => rules)) {
      const at = expressions.findIndex(({ kind }) => kind === 'log');
      if (at < 0) continue;
      assert.equal(expressions[at - 1]?.kind, 'limit');
      const log = expressions[at];
      assert.ok(log?.kind === 'log' && log.group === NFLOG_GROUP && log.snapLength === 128);
    }
  }
});

test('compileRuleset() leaves no packet that it refuses uncounted', () => {
  for (const mode of MODES) {
    for (const { rules } of compileRuleset({ ...OFFICE, mode }).chains) {
      const last = rules.at(-1)?.expressions.at(-1);
      if (last?.kind !== 'immediate' || last.data?.verdict?.code !== 0) continue;
      const counts = rules.filter(({ expressions }) => expressions.some(({ kind }) => kind === 'objref'));
      assert.ok(counts.length > 0, rules.at(-1)?.comment ?? '');
    }
  }
});

test('compileRuleset() refuses an address or a device that two lines of one-to-one claim', () => {
  const line = (name: string, address: string, to: string): FirewallOptions['oneToOne'][number] => ({
    name,
    address: parseIpv4(address),
    to: parseIpv4(to),
  });
  const first = line('camera', '203.0.113.60', '192.168.77.20');
  const sameAddress = [first, line('door', '203.0.113.60', '192.168.77.21')];
  const sameDevice = [first, line('door', '203.0.113.61', '192.168.77.20')];
  assert.throws(
    () => compileRuleset({ ...OFFICE, oneToOne: sameAddress }),
    /203\.0\.113\.60 to "door".*"camera"/,
  );
  assert.throws(
    () => compileRuleset({ ...OFFICE, oneToOne: sameDevice }),
    /192\.168\.77\.20 to "door".*"camera"/,
  );
});

test('minimalRuleset() is ten rules or so of what every kernel with nftables has', () => {
  const simple = new Set(['meta', 'cmp', 'ct', 'bitwise', 'counter', 'immediate', 'masq']);
  for (const mode of MODES) {
    const ruleset = minimalRuleset({ ...OFFICE, mode });
    for (const { kind } of expressionsOf(ruleset)) assert.ok(simple.has(kind), kind);
    assert.deepEqual([ruleset.sets, ruleset.counters], [[], []]);
    assert.ok(ruleset.chains.flatMap(({ rules }) => rules).length <= 10);
    assert.equal(policyOf(ruleset, 'input'), 'drop');
    assert.equal(policyOf(ruleset, 'forward'), mode === 'router' ? 'accept' : 'drop');
    const isTranslated = mode === 'firewall' || mode === 'firewall-dmz';
    assert.equal(hasKind(ruleset, 'masq'), isTranslated, mode);
  }
});

test('compileRuleset() has no WAN in mode lan-only', () => {
  const ruleset = compileRuleset({ ...OFFICE, mode: 'lan-only' });
  assert.doesNotMatch(JSON.stringify(ruleset.sets), /wan/);
});

test('compileRuleset() keeps every counter in every mode, so that a total outlives a change of mode', () => {
  const [first, ...others] = MODES.map((mode) => compileRuleset({ ...OFFICE, mode }).counters);
  for (const counters of others) assert.deepEqual(counters, first);
});

test('compileRuleset() bounds every set that rules fill, in number and in time', () => {
  for (const mode of MODES)
    for (const { name, dynamic, elements } of compileRuleset({ ...OFFICE, mode }).sets) {
      if (dynamic === undefined) continue;
      assert.ok(dynamic.size <= 8192 && (dynamic.timeout ?? 0) > 0, name);
      assert.deepEqual(elements, []);
    }
});

test('compileRuleset() knows blocked devices by MAC, IPv4 and IPv6 address, each once', () => {
  const [mac, four, six] = [
    parseMac('02:00:00:00:00:20'),
    parseIpv4('192.168.77.20'),
    parseIpv6('2001:db8::1'),
  ];
  const blocked = { macs: [mac, mac], addresses: [four, six, four] };
  const keys = (name: string): string[] =>
    compileRuleset({ ...OFFICE, blocked })
      .sets.filter((set) => set.name === name)
      .flatMap(({ elements }) => elements.map(({ key }) => toHex(key)));
  assert.deepEqual(keys('blocked-macs'), ['020000000020']);
  assert.deepEqual(keys('blocked-addresses'), ['c0a84d14']);
  assert.deepEqual(keys('blocked-addresses6'), ['20010db8000000000000000000000001']);
});

test('compileRuleset() leads the LAN to the exposed host only with hairpin', () => {
  const devices = (hairpin: boolean): number =>
    compileRuleset({ ...OFFICE, hairpin, exposedHost: parseIpv4('192.168.77.20') })
      .sets.filter(({ name }) => name === 'exposed-host')
      .flatMap(({ elements }) => elements).length;
  assert.deepEqual([devices(true), devices(false)], [2, 1]);
});

test('compileRuleset() refuses two services on one port', () => {
  const lanServices = [...OFFICE.lanServices, { name: 'other', protocol: 'tcp', port: 53 } as const];
  assert.throws(() => compileRuleset({ ...OFFICE, lanServices }), UserError);
});
