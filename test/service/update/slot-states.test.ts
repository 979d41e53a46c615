import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotStates } from '../../../src/service/update/slot-states.ts';
import { type SlotState, encodeSlotState, newestSlotState } from '../../../src/wire/slot-state/slot-state.ts';
import { MemoryDevices } from '../../fake/memory-devices.ts';

const OFFSETS = [512, 1024] as const;
const PLACES = { device: 'card', offsets: OFFSETS };
const LAST = 2 ** 32 - 1;

function cardWith(first: SlotState, second: SlotState): MemoryDevices {
  const devices = new MemoryDevices({ card: 2048 });
  devices.put('card', OFFSETS[0], encodeSlotState(first));
  devices.put('card', OFFSETS[1], encodeSlotState(second));
  return devices;
}

function told(devices: MemoryDevices): SlotState | undefined {
  return newestSlotState(OFFSETS.map((at) => devices.content('card').subarray(at, at + 512)));
}

test('SlotStates counts on from the newer copy and writes over the older', async () => {
  const devices = cardWith({ counter: 8, good: 'b' }, { counter: 7, good: 'a' });
  await new SlotStates(PLACES, devices).write({ good: 'b', trial: 'a' });
  assert.deepEqual(told(devices), { counter: 9, good: 'b', trial: 'a' });
});

test('SlotStates begins to count anew at the end of the counter, and what was wanted is in force', async () => {
  for (const copies of [
    [LAST, LAST - 1],
    [LAST - 1, LAST],
    [LAST, LAST],
    [2 ** 31, 3],
  ]) {
    const [first = 0, second = 0] = copies;
    const devices = cardWith({ counter: first, good: 'a' }, { counter: second, good: 'a' });
    await new SlotStates(PLACES, devices).write({ good: 'a', trial: 'b' });
    assert.deepEqual(told(devices), { counter: 2, good: 'a', trial: 'b' }, copies.join());
    await new SlotStates(PLACES, devices).write({ good: 'b' });
    assert.deepEqual(told(devices), { counter: 3, good: 'b' });
  }
});

test('SlotStates leaves the old or the new in force when the power goes where counting begins anew', async () => {
  const before = { counter: LAST, good: 'a' } as const;
  for (let cutAt = 1; cutAt <= 4; cutAt++) {
    for (const isKept of [() => true, () => false]) {
      const devices = cardWith(before, { counter: LAST - 1, good: 'b' });
      devices.restart(() => true, { cutAt });
      await assert.rejects(new SlotStates(PLACES, devices).write({ good: 'a', trial: 'b' }));
      devices.restart(isKept);
      const now = told(devices);
      assert.ok(now?.counter === LAST || now?.trial === 'b', `cut at step ${cutAt}`);
      assert.equal(now?.good, 'a');
    }
  }
});
