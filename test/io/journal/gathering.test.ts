import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds } from '../../../src/base/duration.ts';
import { Gathering } from '../../../src/io/journal/gathering.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

/** A queue of appends beside a {@link Gathering}. */
class Queue {
  readonly clock = new FakeClock();
  readonly gathering = new Gathering(this.clock);
  count = 0;
  octets = 0;
  isWaiting = false;

  /** Begins to wait for a batch. */
  async wait(): Promise<void> {
    this.isWaiting = true;
    void this.gathering.wait(() => this).then(() => (this.isWaiting = false));
    await this.clock.settle();
  }

  async arrive(octets = 4096): Promise<void> {
    this.count += 1;
    this.octets += octets;
    this.gathering.arrived();
    await this.clock.settle();
  }

  async pass(milliseconds: number): Promise<void> {
    await this.clock.advance(Milliseconds(milliseconds));
  }
}

/** With one append waiting, after a batch with so many. */
async function after(crowd: number): Promise<Queue> {
  const queue = new Queue();
  queue.gathering.learn(crowd);
  await queue.arrive();
  await queue.wait();
  return queue;
}

test('Gathering lets nobody wait where few append at a time', async () => {
  assert.equal((await after(0)).isWaiting, false);
  assert.equal((await after(3)).isWaiting, false);
});

test('Gathering waits for as many as there were, and no longer', async () => {
  const queue = await after(5);
  for (let count = 2; count <= 5; count++) {
    assert.equal(queue.isWaiting, true, `${count - 1} of 5`);
    await queue.arrive();
  }
  assert.equal(queue.isWaiting, false);
  assert.equal(queue.clock.pending, 0);
});

test('Gathering waits for ten of a large crowd, or for 128 KiB', async () => {
  const many = await after(100);
  for (let count = 2; count <= 10; count++) await many.arrive();
  assert.equal(many.isWaiting, false);
  const large = await after(100);
  await large.arrive(125 * 1024);
  assert.equal(large.isWaiting, false);
});

test('Gathering ends when nothing has come for 2 ms, and after 16 ms', async () => {
  const silent = await after(8);
  await silent.pass(1);
  assert.equal(silent.isWaiting, true);
  await silent.pass(1);
  assert.equal(silent.isWaiting, false);
  const slow = await after(100);
  for (let gap = 0; gap < 7; gap++) {
    await slow.arrive();
    await slow.pass(2);
  }
  assert.equal(slow.isWaiting, true);
  await slow.arrive();
  await slow.pass(2);
  assert.equal(slow.isWaiting, false);
});

test('Gathering forgets a crowd by halves', async () => {
  const queue = new Queue();
  queue.gathering.learn(15);
  await queue.arrive();
  for (const isWaiting of [true, true, false]) {
    await queue.wait();
    assert.equal(queue.isWaiting, isWaiting);
    await queue.pass(2);
    queue.gathering.learn(1);
  }
});
