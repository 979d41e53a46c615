import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import {
  type EntryRecord,
  MAX_ENTRY_TEXT,
  MAX_REPLY,
  domainOf,
} from '../../../src/engine/mail-store/entry-record.ts';
import {
  type MailRecord,
  decodeMail,
  deliverRecords,
  encodeMail,
  endRecords,
  removeRecords,
} from '../../../src/engine/mail-store/record.ts';

/** The longest texts an entry may have, and a longer reply. */
function longest(): EntryRecord {
  const text = 'ü'.repeat(MAX_ENTRY_TEXT);
  return {
    kind: 'entry',
    id: 1,
    message: 1,
    size: 1,
    accepted: Timestamp(0),
    nextAttempt: Timestamp(0),
    lastAttempt: undefined,
    attempts: 0,
    isHeld: false,
    isDelayNotified: false,
    returns: 'full',
    sender: text,
    recipient: { address: text, notify: [], originalRecipient: text },
    envelopeId: text,
    lastReply: '€'.repeat(MAX_REPLY + 1),
  };
}

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
  [
    { kind: 'read', user: 'bob', at: Timestamp(1_700_000_000_000), ids: [258, 3] },
    6,
    '03626f62 0000018bcfe56800 0000000000000102 0000000000000003',
  ],
  [{ kind: 'end', through: 7, ids: [258, 3] }, 5, '0000000000000007 0000000000000102 0000000000000003'],
  [
    {
      kind: 'entry',
      id: 259,
      message: 258,
      size: 1000,
      accepted: Timestamp(1_700_000_000_000),
      nextAttempt: Timestamp(1_700_000_000_001),
      lastAttempt: Timestamp(1_700_000_000_002),
      attempts: 3,
      isHeld: true,
      isDelayNotified: true,
      returns: 'headers',
      sender: 'a@b',
      recipient: { address: 'c@d', notify: ['success', 'delay'], originalRecipient: 'rfc822;c@d' },
      envelopeId: 'E1',
      lastReply: '451 \u00fc',
    },
    4,
    '0000000000000103 0000000000000102 00000000000003e8 0000018bcfe56800 0000018bcfe56801 0000018bcfe56802' +
      '00000003 03 02 85 0003 614062 0003 634064 0002 4531 000a 7266633832323b634064 0006 34353120c3bc',
  ],
  [
    {
      kind: 'entry',
      id: 259,
      message: 258,
      size: 1000,
      accepted: Timestamp(1),
      nextAttempt: Timestamp(2),
      lastAttempt: undefined,
      attempts: 0,
      isHeld: false,
      isDelayNotified: false,
      returns: undefined,
      sender: '',
      recipient: { address: 'c@d', notify: undefined, originalRecipient: undefined },
      envelopeId: undefined,
      lastReply: '',
    },
    4,
    '0000000000000103 0000000000000102 00000000000003e8 0000000000000001 0000000000000002 0000000000000000' +
      '00000000 00 00 00 0000 0003 634064 0000 0000 0000',
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
  assert.throws(() => decodeMail(5, fromHex('00')), DecodeError);
  assert.throws(() => decodeMail(6, fromHex('00')), DecodeError);
});

test('decodeMail() throws only DecodeError for random bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ maxLength: 120 }), (type, bytes) => {
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
  const ends = endRecords(ids);
  assert.deepEqual(
    ends.flatMap((record) => record.ids),
    ids,
  );
  for (const record of [...removals, ...deliveries, ...ends])
    assert.ok(encodeMail(record).header.length <= 0xffff);
});

test('encodeMail() refuses a user name of more than 255 bytes', () => {
  const record = { kind: 'remove', user: 'ü'.repeat(128), through: 0, ids: [] } as const;
  assert.throws(() => encodeMail(record), InvariantError);
});

test('encodeMail() fits the longest entry into a header, cuts its reply and refuses longer addresses', () => {
  const entry = longest();
  const { type, header } = encodeMail(entry);
  assert.ok(header.length <= 0xffff);
  assert.deepEqual(decodeMail(type, header), { ...entry, lastReply: '€'.repeat(MAX_REPLY) });
  assert.throws(() => encodeMail({ ...entry, sender: 'x'.repeat(MAX_ENTRY_TEXT + 1) }), InvariantError);
});

test('domainOf() takes what stands behind the last @, in lower case', () => {
  assert.deepEqual(['a@B.Example', '"x@y"@z', 'postmaster'].map(domainOf), ['b.example', 'z', '']);
});
