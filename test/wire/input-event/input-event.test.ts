import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex } from '../../../src/base/hex.ts';
import { type InputEvent, decodeInputEvents } from '../../../src/wire/input-event/input-event.ts';

// As linux/input.h lays them out: KEY_RESTART (408) down, the report behind it, and up.
const DOWN = '10b2c06900000000e8030000000000000100980101000000';
const REPORT = '10b2c06900000000e8030000000000000000000000000000';
const UP = '12b2c06900000000e8030000000000000100980100000000';
const EVENTS: readonly InputEvent[] = [
  { type: 1, code: 408, value: 1 },
  { type: 0, code: 0, value: 0 },
  { type: 1, code: 408, value: 0 },
];
const STREAM = fromHex(DOWN + REPORT + UP);

test('decodeInputEvents() reads type, code and value (struct input_event)', () => {
  assert.deepEqual(decodeInputEvents(STREAM), { events: EVENTS, rest: new Uint8Array(0) });
});

test('decodeInputEvents() reads a stream cut anywhere', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const first = decodeInputEvents(STREAM.subarray(0, cut));
    const second = decodeInputEvents(Uint8Array.from([...first.rest, ...STREAM.subarray(cut)]));
    assert.deepEqual([...first.events, ...second.events], EVENTS);
    assert.equal(second.rest.length, 0);
  }
});

test('decodeInputEvents() makes some events of any octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const { events, rest } = decodeInputEvents(octets);
      assert.equal(events.length * 24 + rest.length, octets.length);
    }),
  );
});
