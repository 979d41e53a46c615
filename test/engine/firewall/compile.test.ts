import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../src/base/errors.ts';
import { compileRuleset, denyAll } from '../../../src/engine/firewall/compile.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import type { Expression } from '../../../src/wire/nftables/expression.ts';
import type { Ruleset } from '../../../src/engine/firewall/ruleset.ts';
import { commentItem } from '../../../src/wire/nftables/user-data.ts';
import { OFFICE, forwardWith } from './options.ts';

const MODES = ['firewall', 'router', 'lan-only'] as const;

const anyOptions: fc.Arbitrary<FirewallOptions> = fc
  .record({
    mode: fc.constantFrom(...MODES),
    hairpin: fc.boolean(),
    pingFromWan: fc.boolean(),
    enabled: fc.boolean(),
    protocol: fc.constantFrom('tcp', 'udp', 'both'),
    toPort: fc.constantFrom(null, 443),
  })
  .map(({ mode, hairpin, pingFromWan, ...changes }) => ({
    ...OFFICE,
    mode,
    hairpin,
    pingFromWan,
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

/** Names of sets, chains and counters that an expression leads to. */
function namesIn(expression: Expression): (string | undefined)[] {
  switch (expression.kind) {
    case 'lookup':
      return [expression.set];
    case 'objref':
      return [expression.set, expression.name];
    case 'immediate':
      return [expression.data?.verdict?.chain];
    default:
      return [];
  }
}

test('compileRuleset() names only sets, chains and counters that it makes', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const { chains, sets, counters } = compileRuleset(options);
      const known = new Set([...counters, ...[...sets, ...chains].map(({ name }) => name)]);
      const used = [
        ...chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.expressions.flatMap(namesIn))),
        ...sets.flatMap(({ elements }) =>
          elements.map(({ value }) =>
            value !== undefined && 'counter' in value ? value.counter : undefined,
          ),
        ),
      ];
      for (const name of used) assert.ok(name === undefined || known.has(name), `${name}`);
    }),
  );
});

test('compileRuleset() says of every rule where it comes from, in a comment that nft accepts', () => {
  for (const mode of MODES) {
    for (const { comment } of compileRuleset({ ...OFFICE, mode }).chains.flatMap(({ rules }) => rules)) {
      assert.match(comment, /^(always: |mode: |firewall\.|wan\.|lan\.|services of the box)/);
      assert.doesNotThrow(() => commentItem(comment));
    }
  }
});

test('compileRuleset() does nothing about addresses where nothing is translated', () => {
  for (const mode of ['router', 'lan-only'] as const) {
    const { chains } = compileRuleset({ ...OFFICE, mode, forwards: [forwardWith()] });
    assert.deepEqual(
      chains.filter(({ base }) => base?.type === 'nat'),
      [],
    );
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

test('compileRuleset() refuses two services on one port', () => {
  const lanServices = [...OFFICE.lanServices, { name: 'other', protocol: 'tcp', port: 53 } as const];
  assert.throws(() => compileRuleset({ ...OFFICE, lanServices }), UserError);
});
