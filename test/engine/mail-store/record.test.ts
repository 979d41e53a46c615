import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import {
  type MailRecord,
  decodeMail,
  deliverRecords,
  encodeMail,
  removeRecords,
} from '../../../src/engine/mail-store/record.ts';

const VECTORS: readonly (readonly [MailRecord, number, string])[] = [
  [
    { kind: 'message', id: 258, size: 1000, blobChecksum: undefined },
    1,
    '0000000000000102 00000000000003e8 00 00000000',
  ],
  [
    { kind: 'message', id: 258, size: 0x1_0000_0000, blobChecksum: 0xdead_beef },
    1,
    '0000000000000102 0000000100000000 01 deadbeef',
  ],
  [
    { kind: 'deliver', id: 258, size: 1000, received: Timestamp(1_700_000_000_000), users: ['bob', 'eva'] },
    2,
    '0000000000000102 00000000000003e8 0000018bcfe56800 03626f62 03657661',
  ],
  [
    { kind: 'remove', user: 'bob', through: 7, ids: [258, 3] },
    3,
    '03626f62 0000000000000007 0000000000000102 0000000000000003',
  ],
];

test('encodeMail() and decodeMail() agree on the bytes of each record', () => {
  for (const [record, type, hex] of VECTORS) {
    const encoded = encodeMail(record);
    assert.deepEqual([encoded.type, toHex(encoded.header)], [type, hex.replaceAll(' ', '')]);
    assert.deepEqual(decodeMail(type, fromHex(hex)), record);
  }
});

test('decodeMail() rejects a record cut in a number or name, a number out of range and unknown types', () => {
  assert.throws(() => decodeMail(1, fromHex('00')), DecodeError);
  assert.throws(() => decodeMail(1, fromHex(`${'ff'.repeat(16)}00 00000000`)), DecodeError);
  assert.throws(() => decodeMail(2, fromHex(`${'00'.repeat(24)}03626f`)), DecodeError);
  assert.throws(() => decodeMail(3, fromHex(`03626f62 ${'00'.repeat(8)} 00`)), DecodeError);
  assert.throws(() => decodeMail(4, fromHex('00')), DecodeError);
});

test('decodeMail() throws only DecodeError for random bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 60 }), (type, bytes) => {
      try {
        decodeMail(type, bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError);
      }
    }),
    { seed: 3 },
  );
});

test('lists that do not fit a header go on in further records', () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => index + 1);
  const removals = removeRecords('bob', ids);
  assert.deepEqual(
    removals.flatMap((record) => record.ids),
    ids,
  );
  const users = ids.slice(0, 1000).map((id) => `user${id}`.padEnd(255, 'x'));
  const deliveries = deliverRecords({ kind: 'deliver', id: 1, size: 1, received: Timestamp(0), users });
  assert.deepEqual(
    deliveries.flatMap((record) => record.users),
    users,
  );
  for (const record of [...removals, ...deliveries]) assert.ok(encodeMail(record).header.length <= 0xffff);
});

test('encodeMail() refuses a user name of more than 255 bytes', () => {
  const record = { kind: 'remove', user: 'ü'.repeat(128), through: 0, ids: [] } as const;
  assert.throws(() => encodeMail(record), InvariantError);
});
