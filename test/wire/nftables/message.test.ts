import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { type NftPacket, decodeNft, encodeNft } from '../../../src/wire/nftables/message.ts';
import { VECTOR_FILES, readVectors } from './vectors.ts';

const all = VECTOR_FILES.flatMap((name) => readVectors(name));

test('decodeNft() and encodeNft() give back every message of the reference tool byte for byte', () => {
  let compared = 0;
  for (const { origin, messages } of all) {
    for (const { type, payload } of messages) {
      const message = decodeNft({ type, payload });
      if (message === undefined) continue;
      const again = encodeNft(message);
      assert.equal(again.type, type, origin);
      assert.equal(toHex(again.payload), toHex(payload), origin);
      compared++;
    }
  }
  assert.equal(compared, 130);
});

test('decodeNft() knows every attribute that the reference tool sends', () => {
  for (const { origin, messages } of all) {
    for (const message of messages) {
      const text = JSON.stringify(decodeNft(message), (key, value: unknown) => {
        assert.notEqual(key, 'unknown', origin);
        return typeof value === 'bigint' ? String(value) : value;
      });
      assert.ok(text === undefined || text.length > 0);
    }
  }
});

test('decodeNft() leaves batch marks and messages of other subsystems to others', () => {
  assert.equal(decodeNft({ type: 0x10, payload: fromHex('0000000a') }), undefined);
  assert.equal(decodeNft({ type: 0x0100, payload: fromHex('00000000') }), undefined);
  assert.equal(decodeNft({ type: 0x0a11, payload: fromHex('00000000') }), undefined, 'NFT_MSG_TRACE');
});

function decodeOrRefuse(packet: NftPacket): void {
  try {
    decodeNft(packet);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
  }
}

test('decodeNft() throws only DecodeError for any cut of a message of the reference tool', () => {
  for (const { type, payload } of all.flatMap(({ messages }) => messages)) {
    for (let length = 0; length < payload.length; length++)
      decodeOrRefuse({ type, payload: payload.subarray(0, length) });
  }
});

test('decodeNft() throws only DecodeError for random and for damaged bytes', () => {
  const packets = all.flatMap(({ messages }) => messages);
  const damaged = fc
    .tuple(fc.constantFrom(...packets), fc.nat(), fc.integer({ min: 0, max: 255 }))
    .map(([{ type, payload }, at, value]) => {
      const copy = payload.slice();
      copy[at % copy.length] = value;
      return { type, payload: copy };
    });
  const random = fc.record({
    type: fc.integer({ min: 0x0a00, max: 0x0a19 }),
    payload: fc.uint8Array({ maxLength: 200 }),
  });
  fc.assert(fc.property(fc.oneof(damaged, random), decodeOrRefuse), { numRuns: 1000 });
});
