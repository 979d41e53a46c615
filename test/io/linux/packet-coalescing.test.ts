import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketCoalescing } from '../../../src/io/linux/packet-coalescing.ts';

/** The delays of turns at these times. */
function delays(times: readonly number[]): readonly number[] {
  const coalescing = new PacketCoalescing();
  return times.map((time) => {
    const delay = coalescing.delay(time);
    coalescing.took(time + delay, false);
    return delay;
  });
}

test('PacketCoalescing lets the messages of one client wait for nobody', () => {
  assert.deepEqual(delays([1000, 1002, 2000, 2003]), [0, 0, 0, 0]);
});

test('PacketCoalescing lets packets that keep coming wait 16 ms for one another, until there is a pause', () => {
  assert.deepEqual(delays([0, 1, 2, 19, 38, 57, 500, 501, 502]), [0, 0, 16, 16, 16, 16, 0, 0, 16]);
});

test('PacketCoalescing never lets one packet in 64 ms wait', () => {
  assert.deepEqual(
    delays(Array.from({ length: 20 }, (_, index) => index * 65)),
    Array.from({ length: 20 }, () => 0),
  );
});

test('PacketCoalescing lets nothing wait while more is there than one turn takes', () => {
  const coalescing = new PacketCoalescing();
  for (let time = 0; time < 10; time++) {
    assert.equal(coalescing.delay(time), 0);
    coalescing.took(time, true);
  }
  coalescing.took(10, false);
  assert.equal(coalescing.delay(11), 16);
});
