import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/bytes.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { latin1 } from '../../../src/base/text.ts';
import { decodeFrame } from '../../../src/wire/record/frame.ts';
import { decodeSegmentHead } from '../../../src/wire/record/segment-head.ts';

// A checksum that a head of zeros fulfils: lengths and numbers of any value get past it.
const AGREEING = (): number => 0;
const KEY = { salt: 0, checksum: AGREEING };

test('decodeFrame() takes random heads without a throw and never reaches beyond the bytes', () => {
  const head = fc.uint8Array({ minLength: 24, maxLength: 24 });
  fc.assert(
    fc.property(head, fc.uint8Array({ maxLength: 64 }), fc.nat(40), (fields, tail, offset) => {
      const bytes = concatBytes([fromHex('47505246'), fields, new Uint8Array(4), tail]);
      assert.doesNotThrow(() => decodeFrame(bytes, offset, KEY));
      const frame = decodeFrame(bytes, 0, KEY);
      if (frame !== undefined) assert.ok(frame.header.length + frame.payload.length <= tail.length);
    }),
  );
});

test('decodeSegmentHead() takes random bytes of any length without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4200 }), (bytes) => {
      assert.equal(
        decodeSegmentHead(bytes, () => 0xffff_ffff),
        undefined,
      );
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 52, maxLength: 52 }), (fields) => {
      const head = concatBytes([latin1('GPSEGMNT'), fields, new Uint8Array(4)]);
      assert.notEqual(decodeSegmentHead(head, AGREEING), undefined);
    }),
  );
});
