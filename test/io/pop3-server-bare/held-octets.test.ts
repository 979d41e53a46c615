import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldOctets } from '../../../src/io/pop3-server-bare/held-octets.ts';

async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

test('HeldOctets lets in what fits and others in their order as room is given back', async () => {
  const held = new HeldOctets(100);
  const order: string[] = [];
  assert.equal(held.take(60), undefined);
  assert.equal(held.take(40), undefined);
  void held.take(50)?.then(() => order.push('first'));
  void held.take(10)?.then(() => order.push('second'));
  held.give(40);
  await settled();
  assert.deepEqual(order, []);
  held.give(60);
  await settled();
  assert.deepEqual(order, ['first', 'second']);
});

test('HeldOctets lets one in alone that is larger than all', async () => {
  const held = new HeldOctets(100);
  let isIn = false;
  held.take(10);
  void held.take(500)?.then(() => (isIn = true));
  await settled();
  assert.ok(!isIn);
  held.give(10);
  await settled();
  assert.ok(isIn);
});
