import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Days, Hours } from '../../../src/base/duration.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { type LeaseRecord, decodeLease, encodeLease } from '../../../src/engine/lease-journal/record.ts';
import { EXPIRY_MARGIN, needsWrite, withMargin } from '../../../src/engine/lease-journal/renewal.ts';
import type { LeaseBinding } from '../../../src/port/lease-journal.ts';

const address = parseIpv4('192.168.77.5');
const NOW = Timestamp(1_700_000_000_000);
const BINDING: LeaseBinding = {
  address,
  client: '0102000000002a',
  mac: parseMac('02:00:00:00:00:2a'),
  hostName: 'pc1',
  expires: after(NOW, Hours(12)),
};

const VECTORS: readonly (readonly [LeaseRecord, number, string])[] = [
  [
    { kind: 'bound', binding: { ...BINDING, expires: NOW } },
    1,
    'c0a84d05 0000018bcfe56800 02000000002a 07 0102000000002a 03 706331',
  ],
  [
    { kind: 'bound', binding: { ...BINDING, expires: NOW, hostName: undefined, client: 'ff' } },
    1,
    'c0a84d05 0000018bcfe56800 02000000002a 01 ff 00',
  ],
  [
    { kind: 'bound', binding: { ...BINDING, expires: NOW, since: NOW } },
    1,
    'c0a84d05 0000018bcfe56800 02000000002a 07 0102000000002a 03 706331 0000018bcfe56800',
  ],
  [{ kind: 'ended', address }, 2, 'c0a84d05'],
  [
    { kind: 'ended', address, binding: { ...BINDING, expires: Timestamp(0) } },
    2,
    'c0a84d05 0000000000000000 02000000002a 07 0102000000002a 03 706331',
  ],
  [{ kind: 'declined', declined: { address, until: NOW } }, 3, 'c0a84d05 0000018bcfe56800'],
];

const WHOLE = VECTORS.map(([, , hex]) => hex.replaceAll(' ', ''));

test('encodeLease() and decodeLease() agree on the bytes of each record', () => {
  for (const [record, type, hex] of VECTORS) {
    assert.deepEqual(
      { ...encodeLease(record), header: toHex(encodeLease(record).header) },
      { type, header: hex.replaceAll(' ', '') },
    );
    assert.deepEqual(decodeLease(type, fromHex(hex)), record);
  }
});

test('decodeLease() rejects every cut, trailing bytes and unknown types', () => {
  for (const [, type, hex] of VECTORS) {
    const bytes = fromHex(hex);
    for (let length = 4; length < bytes.length; length++) {
      // Cut before a part that may be left out, it is a whole record.
      if (WHOLE.includes(toHex(bytes.subarray(0, length)))) continue;
      assert.throws(() => decodeLease(type, bytes.subarray(0, length)), DecodeError);
    }
    assert.throws(() => decodeLease(type, fromHex(`${hex}00`)), DecodeError);
    assert.throws(() => decodeLease(9, bytes), DecodeError);
  }
});

test('decodeLease() throws only DecodeError for random bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 60 }), (type, bytes) => {
      try {
        decodeLease(type, bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError);
      }
    }),
    { seed: 3 },
  );
});

test('encodeLease() keeps what fits of a host name and of an endless lease', () => {
  const binding = { ...BINDING, hostName: '\u{1F600}'.repeat(100), expires: Timestamp(Infinity) };
  const { type, header } = encodeLease({ kind: 'bound', binding });
  const record = decodeLease(type, header);
  assert.ok(record.kind === 'bound');
  assert.equal(record.binding.hostName, '\u{1F600}'.repeat(63));
  assert.equal(record.binding.expires, Number.MAX_SAFE_INTEGER);
});

test('needsWrite() is false for the renewals of a day and a half, and true for the next', () => {
  const recorded = withMargin(BINDING);
  const renewed = (hours: number): LeaseBinding => ({
    ...BINDING,
    expires: after(BINDING.expires, Hours(hours)),
  });
  for (const hours of [0, 6, 12, 18, 24, 30, 36]) assert.equal(needsWrite(recorded, renewed(hours)), false);
  assert.equal(needsWrite(recorded, renewed(42)), true);
});

test('needsWrite() is true for a new or changed binding', () => {
  const recorded = withMargin(BINDING);
  assert.equal(needsWrite(undefined, BINDING), true);
  assert.equal(needsWrite(recorded, { ...BINDING, client: 'ff' }), true);
  assert.equal(needsWrite(recorded, { ...BINDING, mac: parseMac('02:00:00:00:00:2b') }), true);
  assert.equal(needsWrite(recorded, { ...BINDING, hostName: undefined }), true);
});

test('needsWrite() is false for the same strange host name again', () => {
  const strange = { ...BINDING, hostName: `${'\u{1F600}'.repeat(100)}\uD800` };
  assert.equal(needsWrite(withMargin(strange), strange), false);
  assert.equal(needsWrite(withMargin({ ...BINDING, hostName: '' }), { ...BINDING, hostName: '' }), false);
});

test('needsWrite() is false for the renewal of a lease without end', () => {
  const endless = { ...BINDING, expires: Timestamp(Infinity) };
  assert.equal(needsWrite(withMargin(endless), endless), false);
});

test('needsWrite() is true when the civil clock was set back, so that no lease is kept for years', () => {
  const recorded = withMargin({ ...BINDING, expires: after(NOW, Days(3650)) });
  assert.equal(needsWrite(recorded, BINDING), true);
  assert.ok(withMargin(BINDING).expires === after(BINDING.expires, EXPIRY_MARGIN));
});
