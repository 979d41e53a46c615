import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { DecodeError, messageOf } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/hex.ts';
import { Reader } from '../../src/base/reader.ts';
import { readCorpus } from './corpus.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { Fuzzer } from './fuzzer.ts';
import { SeededRandom } from './random.ts';
import { TARGETS } from './targets.ts';

/** About a second for each target; the long runs are `npm run fuzz`. */
const EXECUTIONS = 20_000;
const INPUTS_PER_TURN = 64;

async function run(fuzzer: Fuzzer, executions: number): Promise<Fuzzer> {
  await fuzzer.begin();
  while (fuzzer.executions < executions) {
    for (let i = 0; i < INPUTS_PER_TURN; i++) await fuzzer.execute(fuzzer.next());
    await turn();
  }
  return fuzzer;
}

for (const target of TARGETS) {
  test(`${target.name} refuses changed captures by DecodeError or not at all`, async () => {
    const corpus = readCorpus(target.name);
    assert.ok(corpus.length > 0, 'there is a corpus');
    const { faults, outcomes } = await run(new Fuzzer(target, corpus, 1), target.executions ?? EXECUTIONS);
    assert.deepEqual(
      faults.map(({ input, error }) => `${toHex(input)}: ${messageOf(error)}`),
      [],
    );
    assert.ok(outcomes > 10, `${outcomes} outcomes`);
  });
}

/** Takes two letters, then a length, and forgets to look whether so much is there. */
const FAULTY: FuzzTarget = {
  name: 'faulty',
  open: () => (input) => {
    const reader = new Reader(input);
    if (reader.u8() !== 0x47) throw new DecodeError('G is wanted', { offset: 0, path: 'mark' });
    if (reader.u8() !== 0x50) throw new DecodeError('P is wanted', { offset: 1, path: 'mark' });
    const length = reader.u8();
    if (length > reader.remaining) throw new RangeError('not looked');
    return 'ok';
  },
};

test('Fuzzer finds a fault behind two marks, and the same one for the same seed', async () => {
  const seeds = [Uint8Array.of(0, 0, 0, 0)];
  const [one, other] = [
    await run(new Fuzzer(FAULTY, seeds, 7), 40_000),
    await run(new Fuzzer(FAULTY, seeds, 7), 40_000),
  ];
  assert.ok(one.faults.length > 0);
  assert.deepEqual(
    one.faults.map(({ execution, input }) => [execution, toHex(input)]),
    other.faults.map(({ execution, input }) => [execution, toHex(input)]),
  );
});

test('Fuzzer keeps inputs that reach a new outcome, and no others', async () => {
  const { found, outcomes } = await run(new Fuzzer(FAULTY, [Uint8Array.of(0, 0, 0, 0)], 7), 40_000);
  assert.ok(found.length >= 2);
  assert.equal(outcomes, found.length + 1);
});

test('SeededRandom gives every number below its limit, and the same ones for the same seed', () => {
  const [one, other] = [new SeededRandom(3), new SeededRandom(3)];
  const numbers = Array.from({ length: 2000 }, () => one.below(10));
  assert.deepEqual(new Set(numbers).size, 10);
  assert.deepEqual(
    Array.from({ length: 2000 }, () => other.below(10)),
    numbers,
  );
});
