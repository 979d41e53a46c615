import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRuleset } from '../../../src/engine/firewall/compile.ts';
import { type Feature, type Rung, isFull, refusalsOf, rungFor } from '../../../src/engine/firewall/ladder.ts';
import { minimalRuleset } from '../../../src/engine/firewall/minimal.ts';
import { ALL_FEATURES, type FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { contentMessages } from '../../../src/engine/firewall/transaction.ts';
import type { NftMessage } from '../../../src/wire/nftables/message.ts';
import { OFFICE, forwardWith } from './options.ts';

const WISH: FirewallOptions = {
  ...OFFICE,
  forwards: [forwardWith()],
  logDropped: true,
  offload: ['lan0', 'wan0'],
};

/** Whether an expression of this kind is in a message, wherever. */
function uses(message: NftMessage, ...kinds: readonly string[]): boolean {
  const text = JSON.stringify(message.body, (_, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  return kinds.some((kind) => text.includes(`"kind":"${kind}"`));
}

/** The first message of the rung that the kernel has no support for. */
function firstOf({ ruleset }: Rung, is: (message: NftMessage) => boolean): NftMessage | undefined {
  return contentMessages(ruleset).find(is);
}

/** Goes down the ladder on a kernel that refuses messages; the features lost on the way. */
function descend(options: FirewallOptions, refuses: (message: NftMessage) => boolean): Rung {
  let rung = rungFor(options, []);
  for (;;) {
    const message = firstOf(rung, refuses);
    if (message === undefined) return rung;
    const found = refusalsOf(options, rung, { message, errno: 'EOPNOTSUPP' });
    assert.ok(found, `nothing helps against the refusal of ${message.kind}`);
    rung = rungFor(options, [...rung.refusals, ...found]);
  }
}

function lostOn(refuses: (message: NftMessage) => boolean): string[] {
  return descend(WISH, refuses).refusals.map(({ lost }) => lost);
}

test('rungFor() gives the full ruleset where nothing is known to be refused', () => {
  const rung = rungFor(WISH, []);
  assert.deepEqual(rung.refusals, []);
  assert.deepEqual(contentMessages(rung.ruleset), contentMessages(compileRuleset(WISH, ALL_FEATURES)));
});

const lacks: readonly (readonly [string, (message: NftMessage) => boolean, Feature])[] = [
  ['flow tables', ({ kind }) => kind === 'flowTable', 'offload'],
  ['flow_offload', (message) => uses(message, 'flow_offload'), 'offload'],
  ['log', (message) => uses(message, 'log'), 'log'],
  ['counters of elements', (message) => message.kind === 'set' && uses(message, 'counter'), 'accounting'],
  ['TCP options', (message) => uses(message, 'exthdr', 'rt'), 'mssClamp'],
];
for (const [what, refuses, feature] of lacks) {
  test(`refusalsOf() a kernel without ${what} costs ${feature} and nothing else`, () => {
    assert.deepEqual(lostOn(refuses), [feature]);
  });
}

test('refusalsOf() finds the features that a kernel without rules that fill sets cannot have', () => {
  const lost = lostOn((message) => uses(message, 'dynset'));
  assert.deepEqual(new Set(lost), new Set(['accounting', 'limits']));
});

test('refusalsOf() a kernel that lacks everything optional keeps forwards and services', () => {
  const optional = ['flow_offload', 'log', 'dynset', 'exthdr', 'rt'];
  const rung = descend(WISH, (message) => message.kind === 'flowTable' || uses(message, ...optional));
  assert.ok(rung.refusals.every(({ lost }) => lost !== 'mode'));
  assert.ok(firstOf(rung, ({ kind, body }) => kind === 'set' && body.name === 'forwards'));
});

test('refusalsOf() leads to the minimal ruleset where the mode itself cannot be', () => {
  const rung = descend(WISH, (message) => uses(message, 'nat'));
  assert.deepEqual(
    rung.refusals.map(({ lost }) => lost),
    ['mode'],
  );
  assert.deepEqual(contentMessages(rung.ruleset), contentMessages(minimalRuleset(WISH)));
  assert.match(rung.refusals[0]?.text ?? '', /mode "firewall" needs for the rule "firewall\.forwards/);
});

test('refusalsOf() is nothing for what is about this moment or these values, and at the end of the ladder', () => {
  const rung = rungFor(WISH, []);
  const message = firstOf(rung, ({ kind }) => kind === 'flowTable');
  assert.ok(message);
  for (const errno of ['ENOMEM', 'EPERM', 'ENFILE', 'ENOSPC', 'EEXIST', 'EBUSY'])
    assert.equal(refusalsOf(WISH, rung, { message, errno }), undefined, errno);
  const minimal = descend(WISH, (one) => uses(one, 'nat'));
  const [first] = contentMessages(minimal.ruleset);
  assert.ok(first);
  assert.equal(refusalsOf(WISH, minimal, { message: first, errno: 'EINVAL' }), undefined);
});

test('refusalsOf() says in plain words what is missing and why', () => {
  const rung = rungFor(WISH, []);
  const message = firstOf(rung, ({ kind }) => kind === 'flowTable');
  assert.ok(message);
  const textOf = (offset: number | undefined): string | undefined =>
    refusalsOf(WISH, rung, { message, errno: 'ENOENT', offset })?.[0]?.text;
  assert.equal(textOf(undefined), 'flow offload: this kernel has no flow tables');
  assert.equal(textOf(52), 'flow offload: not all of the devices lan0, wan0 are there or can take part');
});

test('rungFor() does not try again what was refused, whatever else changes', () => {
  const { refusals } = descend(WISH, ({ kind }) => kind === 'flowTable');
  const other = { ...WISH, forwards: [], pingFromWan: false };
  assert.deepEqual(rungFor(other, refusals).refusals, refusals);
});

test('rungFor() tries again when the wish for just that changes', () => {
  const { refusals } = descend(WISH, ({ kind }) => kind === 'flowTable');
  const other = { ...WISH, offload: ['lan0'] };
  const rung = rungFor(other, refusals);
  assert.deepEqual(rung.refusals, []);
  assert.ok(firstOf(rung, ({ kind }) => kind === 'flowTable'));
});

test('isFull() holds for a ruleset of any mode, not for the minimal one or one without rules', () => {
  const of = (options: FirewallOptions): NftMessage[] => contentMessages(compileRuleset(options));
  assert.ok(isFull(WISH, of({ ...OFFICE, mode: 'router' })));
  assert.ok(!isFull(WISH, contentMessages(minimalRuleset(WISH))));
  assert.ok(!isFull(WISH, []));
  assert.ok(
    !isFull(
      WISH,
      of(WISH).filter(({ kind }) => kind !== 'rule'),
    ),
  );
});
