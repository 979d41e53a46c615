import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeRandom } from '../../src/io/node/random.ts';
import type { Random } from '../../src/port/random.ts';
import { FakeRandom } from '../fake/fake-random.ts';

/** What every implementation of the random port does. */
function randomContract(name: string, make: () => Random): void {
  test(`${name} stays within its limit and reaches every number`, () => {
    const random = make();
    const seen = new Set(Array.from({ length: 500 }, () => random.below(5)));
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [0, 1, 2, 3, 4],
    );
    assert.equal(random.below(1), 0);
    assert.ok(random.below(2 ** 32) < 2 ** 32);
  });

  test(`${name} yields as many bytes as asked for`, () => {
    const random = make();
    assert.equal(random.bytes(0).length, 0);
    assert.equal(new Set(random.bytes(4096)).size, 256);
  });
}

randomContract('FakeRandom', () => new FakeRandom());
randomContract('NodeRandom', () => new NodeRandom());

test('FakeRandom of the same seed repeats itself, of another does not', () => {
  assert.deepEqual(new FakeRandom(7).bytes(16), new FakeRandom(7).bytes(16));
  assert.notDeepEqual(new FakeRandom(7).bytes(16), new FakeRandom(8).bytes(16));
});
