import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PacketBatch, packetsOf } from '../../../src/io/linux/packet-batch.ts';

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const packet = fc.record(
  {
    source: mac,
    destination: mac,
    payload: fc.uint8Array({ maxLength: 2000 }),
    checksumReady: fc.boolean(),
  },
  { noNullPrototype: true },
);

test('PacketBatch gives back every packet, in order, and begins anew after take()', () => {
  const batch = new PacketBatch();
  fc.assert(
    fc.property(fc.array(packet), (packets) => {
      for (const one of packets) batch.add(one);
      assert.equal(batch.count, packets.length);
      assert.deepEqual([...packetsOf(batch.take())], packets);
      assert.equal(batch.count, 0);
    }),
  );
});

test('PacketBatch grows: the largest datagrams of one turn fit', () => {
  const batch = new PacketBatch();
  const payload = new Uint8Array(65_535).fill(7);
  const large = { source: new Uint8Array(6), destination: new Uint8Array(6), payload, checksumReady: true };
  for (let count = 0; count < 64; count++) batch.add(large);
  const seen = [...packetsOf(batch.take())];
  assert.equal(seen.length, 64);
  assert.deepEqual(seen.at(-1), large);
});
