import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
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

async function outcomeOf(firewall: Firewall, options: FirewallOptions = OFFICE): Promise<string> {
  return (await firewall.apply(options)).outcome;
}

function elementKeys(kernel: FakeNftables, set: string): Uint8Array[] {
  return kernel.content.flatMap((one) =>
    one.kind === 'elements' && one.body.set === set
      ? (one.body.elements ?? []).map(({ key }) => key?.value ?? new Uint8Array())
      : [],
  );
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
  assert.deepEqual(await firewall.apply(OFFICE), { outcome: 'replaced', reduced: [] });
  assert.equal(kernel.transactions.length, 1);
  const types = kernel.transactions[0]?.map(({ type }) => type) ?? [];
  assert.equal(types.at(0), 0x10);
  assert.equal(types.at(-1), 0x11);
  assert.ok(types.slice(1, -1).every((type) => type >> 8 === 10));
});

test('apply() sends nothing for a ruleset that is in the kernel, also of an earlier run', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  assert.equal(await outcomeOf(firewall), 'unchanged');
  assert.equal(await outcomeOf(startFirewall(kernel, log)), 'unchanged');
  assert.equal(kernel.transactions.length, 1);
});

test('apply() leaves other tables alone', async () => {
  const { kernel, firewall } = start();
  kernel.add(...foreign);
  await firewall.apply(OFFICE);
  assert.equal(await outcomeOf(firewall), 'unchanged');
  await firewall.teardown();
  assert.deepEqual(kernel.content.length, foreign.length);
});

test('apply() refuses what cannot be and sends nothing', async () => {
  const { kernel, firewall } = start();
  const forwards = [forwardWith(), forwardWith({ name: 'other' })];
  await assert.rejects(firewall.apply({ ...OFFICE, forwards }), UserError);
  assert.equal(kernel.transactions.length, 0);
});

test('apply() passes on what the kernel cannot do just now, and works the next time', async () => {
  const { kernel, firewall } = start();
  kernel.refuses = ({ kind }) => (kind === 'rule' ? 'ENOMEM' : undefined);
  await assert.rejects(firewall.apply(OFFICE), /ENOMEM/);
  kernel.refuses = () => undefined;
  assert.equal(await outcomeOf(firewall), 'replaced');
});

test('apply() reads again when the ruleset changes while it reads', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  let changes = 2;
  kernel.onDump = () => {
    if (changes-- > 0) kernel.generation++;
  };
  assert.equal(await outcomeOf(firewall), 'unchanged');
});

test('two apply() at once run one after the other', async () => {
  const { kernel, firewall } = start();
  const results = await Promise.all([outcomeOf(firewall), outcomeOf(firewall)]);
  assert.deepEqual(results, ['replaced', 'unchanged']);
  assert.equal(kernel.transactions.length, 1);
});

test('protect() closes a kernel without our table, and keeps one that has it', async () => {
  const { kernel, firewall } = start();
  kernel.add(...foreign);
  assert.equal(await firewall.protect(OFFICE), 'replaced');
  await firewall.apply(OFFICE);
  assert.equal(await firewall.protect(OFFICE), 'kept');
  assert.equal(await outcomeOf(firewall), 'unchanged');
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

test('apply() changes in place what can be, and keeps what is counted', async () => {
  const { kernel, firewall } = start();
  await firewall.apply({ ...OFFICE, forwards: [forwardWith()] });
  kernel.count('forwarded-ports', elementKeys(kernel, 'forwarded-ports')[0] ?? new Uint8Array(), 7n, 700n);
  assert.equal(
    await outcomeOf(firewall, { ...OFFICE, mode: 'firewall', forwards: [forwardWith()], pingFromWan: false }),
    'changed',
  );
  const state = await firewall.readState();
  const counted = state.elements.filter(({ packets }) => packets > 0);
  assert.deepEqual(
    counted.map(({ set, packets, bytes, comment }) => ({ set, packets, bytes, comment })),
    [{ set: 'forwarded-ports', packets: 7, bytes: 700, comment: 'firewall.forwards[0] camera' }],
  );
});

test('apply() carries everything counted into a table that has to be made anew', async () => {
  const { kernel, firewall } = start();
  const options = { ...OFFICE, forwards: [forwardWith()] };
  await firewall.apply(options);
  kernel.count('forwarded-ports', elementKeys(kernel, 'forwarded-ports')[0] ?? new Uint8Array(), 7n, 700n);
  const address = Uint8Array.of(192, 168, 77, 20);
  const expression = { kind: 'counter', packets: 3n, bytes: 300n } as const;
  const elements = [{ key: { value: address }, expression, timeout: 1000n, expiration: 500n }];
  const body = { table: 'gatepost', set: 'upload', elements };
  kernel.add({ operation: 'add', family: NFPROTO.INET, kind: 'elements', body });
  kernel.move('output');
  assert.equal(await outcomeOf(firewall, options), 'replaced');
  const state = await firewall.readState();
  assert.deepEqual(state.elements.find(({ packets }) => packets > 0)?.bytes, 700);
  const nothing = { packets: 0, bytes: 0 };
  assert.deepEqual(state.devices, [{ address, up: { packets: 3, bytes: 300 }, down: nothing }]);
});

test('apply() reads again when somebody else was faster', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  let changes = 3;
  kernel.onTransaction = () => {
    if (changes-- > 0) kernel.generation++;
  };
  assert.equal(await outcomeOf(firewall, { ...OFFICE, pingFromWan: false }), 'changed');
  assert.equal(await outcomeOf(firewall, { ...OFFICE, pingFromWan: false }), 'unchanged');
});

test('apply() makes the table anew when others do not stop changing theirs', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  kernel.onTransaction = () => kernel.generation++;
  assert.equal(await outcomeOf(firewall, { ...OFFICE, pingFromWan: false }), 'replaced');
  kernel.onTransaction = () => {};
  assert.equal(await outcomeOf(firewall, { ...OFFICE, pingFromWan: false }), 'unchanged');
});

test('apply() makes the table anew when the kernel will not change it in place', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  kernel.refuses = (message) =>
    message.operation === 'delete' && message.kind === 'rule' ? 'EBUSY' : undefined;
  assert.equal(await outcomeOf(firewall, { ...OFFICE, pingFromWan: false }), 'replaced');
});

test('readCounters() asks the kernel for nothing but the counters', async () => {
  const { kernel, firewall } = start();
  await firewall.apply(OFFICE);
  let dumps = 0;
  kernel.onDump = () => dumps++;
  await firewall.readCounters();
  assert.equal(dumps, 1);
});

test('apply() looks what became of a change whose answer was lost', async () => {
  const { kernel, firewall } = start();
  kernel.losesAnswer = true;
  assert.equal(await outcomeOf(firewall), 'replaced');
  assert.equal(kernel.transactions.length, 1);
  kernel.losesAnswer = true;
  assert.equal(await outcomeOf(firewall, { ...OFFICE, pingFromWan: false }), 'changed');
  assert.equal(kernel.transactions.length, 2);
});
