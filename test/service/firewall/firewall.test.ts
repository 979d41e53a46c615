import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import type { Log } from '../../../src/port/log.ts';
import { type Firewall, startFirewall } from '../../../src/service/firewall/firewall.ts';
import { encodeAll } from '../../../src/wire/field/codec.ts';
import { NFPROTO } from '../../../src/wire/nftables/constants.ts';
import { counter } from '../../../src/wire/nftables/expression/counter.ts';
import type { NftMessage } from '../../../src/wire/nftables/message.ts';
import { FakeNftables } from '../../fake/fake-nftables.ts';
import { OFFICE, forwardWith } from '../../engine/firewall/options.ts';

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, notice: quiet, warn: quiet, error: quiet, fatal: quiet };

function start(): { kernel: FakeNftables; firewall: Firewall } {
  const kernel = new FakeNftables();
  return { kernel, firewall: startFirewall(kernel, log) };
}

const foreign: NftMessage[] = [
  { operation: 'add', family: NFPROTO.INET, kind: 'table', body: { name: 'foreign' } },
  { operation: 'add', family: NFPROTO.INET, kind: 'chain', body: { table: 'foreign', name: 'input' } },
  {
    operation: 'add',
    family: NFPROTO.INET,
    kind: 'object',
    body: {
      table: 'foreign',
      name: 'lan-dns',
      type: 1,
      data: encodeAll(counter, { bytes: 1n, packets: 1n }),
    },
  },
];

test('apply() loads the ruleset in one transaction between batch marks', async () => {
  const { kernel, firewall } = start();
  assert.equal(await firewall.apply(OFFICE), 'replaced');
  assert.equal(kernel.transactions.length, 1);
  const types = kernel.transactions[0]?.map(({ type }) => type) ?? [];
  assert.equal(types.at(0), 0x10);
  assert.equal(types.at(-1), 0x11);
  assert.ok(types.slice(1, -1).every((type) => type >> 8 === 10));
});

test('apply() sends nothing for a ruleset that is in the kernel, also of an earlier run', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  assert.equal(await firewall.apply(OFFICE), 'unchanged');
  assert.equal(await startFirewall(kernel, log).apply(OFFICE), 'unchanged');
  assert.equal(kernel.transactions.length, 1);
});

test('apply() leaves other tables alone', async () => {
  const { kernel, firewall } = start();
  kernel.add(...foreign);
  await firewall.apply(OFFICE);
  assert.equal(await firewall.apply(OFFICE), 'unchanged');
  await firewall.teardown();
  assert.deepEqual(kernel.content.length, foreign.length);
});

test('apply() refuses what cannot be and sends nothing', async () => {
  const { kernel, firewall } = start();
  const forwards = [forwardWith(), forwardWith({ name: 'other' })];
  await assert.rejects(firewall.apply({ ...OFFICE, forwards }), UserError);
  assert.equal(kernel.transactions.length, 0);
});

test('apply() passes on a refusal of the kernel, and works the next time', async () => {
  const { kernel, firewall } = start();
  kernel.refusal = 'ENOENT';
  await assert.rejects(firewall.apply(OFFICE), /ENOENT/);
  assert.equal(await firewall.apply(OFFICE), 'replaced');
});

test('apply() reads again when the ruleset changes while it reads', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  let changes = 2;
  kernel.onDump = () => {
    if (changes-- > 0) kernel.generation++;
  };
  assert.equal(await firewall.apply(OFFICE), 'unchanged');
});

test('two apply() at once run one after the other', async () => {
  const { kernel, firewall } = start();
  const results = await Promise.all([firewall.apply(OFFICE), firewall.apply(OFFICE)]);
  assert.deepEqual(results, ['replaced', 'unchanged']);
  assert.equal(kernel.transactions.length, 1);
});

test('protect() closes a kernel without our table, and keeps one that has it', async () => {
  const { kernel, firewall } = start();
  kernel.add(...foreign);
  assert.equal(await firewall.protect(OFFICE), 'replaced');
  await firewall.apply(OFFICE);
  assert.equal(await firewall.protect(OFFICE), 'kept');
  assert.equal(await firewall.apply(OFFICE), 'unchanged');
});

test('readCounters() gives our counters in the order of the ruleset, none without a ruleset', async () => {
  const { kernel, firewall } = start();
  kernel.add(...foreign);
  assert.deepEqual(await firewall.readCounters(), []);
  await firewall.apply(OFFICE);
  const names = (await firewall.readCounters()).map(({ name }) => name);
  assert.equal(names[0], 'forwarded-lan-to-wan');
  assert.deepEqual(names.slice(-2), ['lan-dns', 'wan-smtp']);
});
