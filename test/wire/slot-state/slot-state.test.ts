import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import {
  SLOT_STATE_SIZE,
  type SlotState,
  decodeSlotState,
  encodeSlotState,
  newestSlotState,
} from '../../../src/wire/slot-state/slot-state.ts';
import { slotStates } from './slot-states.ts';

/** Built by hand: a little-endian checksum, text, zeros. */
function sector(text: string): Buffer {
  const bytes = Buffer.alloc(SLOT_STATE_SIZE);
  bytes.write(text, 4, 'latin1');
  bytes.writeUInt32LE(crc32(bytes.subarray(4)));
  return bytes;
}

interface Vectors {
  readonly sectors: readonly {
    readonly state: { readonly counter: string } & Omit<SlotState, 'counter'>;
    readonly hex: string;
  }[];
}

/** What a real U-Boot has written. */
const VECTORS = JSON.parse(
  readFileSync(new URL('../../vectors/slot-state.json', import.meta.url), 'utf8'),
) as Vectors;

const states = slotStates(0xffff_ffff);

test('encodeSlotState() writes, and decodeSlotState() reads, what U-Boot exports byte for byte', () => {
  for (const { state, hex } of VECTORS.sectors) {
    const bytes = Buffer.alloc(SLOT_STATE_SIZE);
    bytes.write(hex, 'hex');
    const expected = { ...state, counter: Number(state.counter) };
    assert.deepEqual(Buffer.from(encodeSlotState(expected)), bytes);
    assert.deepEqual(decodeSlotState(bytes), expected);
  }
});

test('decodeSlotState() reads back what was written', () => {
  fc.assert(
    fc.property(states, (state) => assert.deepEqual(decodeSlotState(encodeSlotState(state)), { ...state })),
  );
});

test('decodeSlotState() refuses a sector with any octet changed', () => {
  const bytes = encodeSlotState({ counter: 3, good: 'a', trial: 'b' });
  for (let at = 0; at < SLOT_STATE_SIZE; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    assert.throws(() => decodeSlotState(damaged), DecodeError);
  }
});

test('decodeSlotState() refuses what a checksum does not make right', () => {
  for (const text of [
    '',
    'good=a\0',
    'counter=0x1\0good=c\0',
    'counter=1x\0good=a\0',
    'counter=0x1\0good=a\0trial=\0',
    'counter=0x1\0failed=0\0good=a\0',
    'counter=0x1\0failed=10\0good=a\0',
  ])
    assert.throws(() => decodeSlotState(sector(text)), DecodeError, text);
});

test('decodeSlotState() throws only DecodeError for random octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: SLOT_STATE_SIZE + 1 }), (bytes) => {
      assert.throws(() => decodeSlotState(bytes), DecodeError);
    }),
  );
});

test('decodeSlotState() ignores variables that it does not know', () => {
  assert.deepEqual(decodeSlotState(sector('counter=0x1\0good=a\0menu=1\0')), { counter: 1, good: 'a' });
});

test('newestSlotState() takes the higher counter, and the other copy if that one is damaged', () => {
  const older = encodeSlotState({ counter: 8, good: 'a' });
  const newer = encodeSlotState({ counter: 9, good: 'b' });
  assert.equal(newestSlotState([older, newer])?.good, 'b');
  assert.equal(newestSlotState([newer, older])?.good, 'b');
  assert.equal(newestSlotState([older, newer.fill(0, 100)])?.good, 'b', 'zeros were there before');
  assert.equal(newestSlotState([older, newer.fill(1, 100)])?.good, 'a');
  assert.equal(newestSlotState([older.fill(1), newer]), undefined);
});
