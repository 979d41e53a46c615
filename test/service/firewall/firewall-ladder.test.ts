import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { type Firewall, startFirewall } from '../../../src/service/firewall/firewall.ts';
import type { NftMessage } from '../../../src/wire/nftables/message.ts';
import { FakeNftables } from '../../fake/fake-nftables.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { OFFICE, forwardWith } from '../../engine/firewall/options.ts';

const WISH: FirewallOptions = { ...OFFICE, offload: ['lan0', 'wan0'] };
const NO_FLOW_TABLES = 'flow offload: this kernel has no flow tables';

function hasNoFlowTables({ kind, operation }: NftMessage): string | undefined {
  return kind === 'flowTable' && operation === 'add' ? 'ENOENT' : undefined;
}

function hasNoNat(message: NftMessage): string | undefined {
  const isNat =
    message.kind === 'rule' && message.body.expressions?.some(({ kind }) => kind === 'nat') === true;
  return isNat ? 'ENOENT' : undefined;
}

function start(refuses: FakeNftables['refuses']): {
  kernel: FakeNftables;
  firewall: Firewall;
  log: MemoryLog;
} {
  const kernel = new FakeNftables();
  kernel.refuses = refuses;
  const log = new MemoryLog();
  return { kernel, firewall: startFirewall(kernel, log), log };
}

test('apply() goes without what the kernel refuses, and says so', async () => {
  const { firewall, log } = start(hasNoFlowTables);
  assert.deepEqual(await firewall.apply(WISH), { outcome: 'replaced', reduced: [NO_FLOW_TABLES] });
  assert.deepEqual(firewall.reduced, [NO_FLOW_TABLES]);
  assert.match(log.text, /The firewall goes without flow offload: this kernel has no flow tables/);
});

test('apply() does not try again what was refused', async () => {
  const { kernel, firewall } = start(hasNoFlowTables);
  await firewall.apply(WISH);
  const transactions = kernel.transactions.length;
  assert.deepEqual(await firewall.apply(WISH), { outcome: 'unchanged', reduced: [NO_FLOW_TABLES] });
  assert.equal(kernel.transactions.length, transactions);
  const other = { ...WISH, forwards: [forwardWith()] };
  assert.deepEqual(await firewall.apply(other), { outcome: 'changed', reduced: [NO_FLOW_TABLES] });
  assert.equal(kernel.transactions.length, transactions + 1);
});

test('apply() tries again what was refused when just that is wished otherwise, and after a restart', async () => {
  const { kernel, firewall, log } = start(hasNoFlowTables);
  await firewall.apply(WISH);
  kernel.refuses = () => undefined;
  assert.deepEqual(await firewall.apply({ ...WISH, offload: ['lan0'] }), { outcome: 'changed', reduced: [] });
  kernel.refuses = hasNoFlowTables;
  const again = startFirewall(kernel, log);
  assert.deepEqual((await again.apply(WISH)).reduced, [NO_FLOW_TABLES]);
});

test('apply() forgets a refusal when the wish for it is gone', async () => {
  const { firewall } = start(hasNoFlowTables);
  await firewall.apply(WISH);
  assert.deepEqual(await firewall.apply(OFFICE), { outcome: 'unchanged', reduced: [] });
});

test('apply() ends with the minimal ruleset where the mode itself is refused and nothing better is in force', async () => {
  const { kernel, firewall } = start(hasNoNat);
  await firewall.protect(WISH);
  const { reduced } = await firewall.apply({ ...WISH, forwards: [forwardWith()] });
  assert.equal(reduced.length, 1);
  assert.match(reduced[0] ?? '', /^forwards and services on the WAN: this kernel lacks/);
  assert.ok(kernel.content.some(({ kind }) => kind === 'rule'));
});

test('apply() leaves a full ruleset in force when the mode of another is refused', async () => {
  const { kernel, firewall } = start(() => undefined);
  await firewall.apply({ ...OFFICE, mode: 'router' });
  const before = kernel.content;
  kernel.refuses = hasNoNat;
  await assert.rejects(firewall.apply({ ...OFFICE, forwards: [forwardWith()] }), /ENOENT/);
  assert.deepEqual(kernel.content, before);
  assert.deepEqual(firewall.reduced, []);
});

test('apply() never leaves the kernel without a ruleset on its way down', async () => {
  const { kernel, firewall } = start((message) => hasNoFlowTables(message) ?? hasNoNat(message));
  await firewall.protect(WISH);
  kernel.onTransaction = () => assert.ok(kernel.content.some(({ kind }) => kind === 'rule'));
  await firewall.apply({ ...WISH, forwards: [forwardWith()] });
});

test('apply() passes on what is about this moment and keeps what is in force', async () => {
  const { kernel, firewall } = start(() => undefined);
  await firewall.apply(OFFICE);
  const before = kernel.content;
  kernel.refuses = ({ kind }) => (kind === 'flowTable' ? 'ENOMEM' : undefined);
  await assert.rejects(firewall.apply(WISH), /ENOMEM/);
  assert.deepEqual(kernel.content, before);
  assert.deepEqual(firewall.reduced, []);
});
