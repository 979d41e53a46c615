import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipv4Bytes, Ipv4 } from '../../../src/base/ipv4.ts';
import { encodeAll } from '../../../src/wire/field/codec.ts';
import { elementList, splitElements } from '../../../src/wire/nftables/element.ts';
import { commentItem, commentOf, userData } from '../../../src/wire/nftables/user-data.ts';
import { concatenation } from '../../../src/wire/nftables/data-type.ts';

test('splitElements() keeps every list below the 65535 bytes of an attribute, in order and whole', () => {
  const elements = Array.from({ length: 10_000 }, (_, i) => ({ key: { value: ipv4Bytes(Ipv4(i)) } }));
  const lists = splitElements(elements);
  assert.deepEqual(lists.flat(), elements);
  assert.ok(lists.length > 1);
  for (const list of lists) {
    const length = encodeAll(elementList, { table: 'gatepost', set: 'x', elements: list }).length;
    assert.ok(length <= 65_535, String(length));
  }
  assert.ok(lists.slice(0, -1).every((list) => list.length > 3000));
});

test('splitElements() makes no message for no elements', () => {
  assert.deepEqual(splitElements([]), []);
});

test('commentOf() reads what commentItem() wrote, and nothing from user data of another shape', () => {
  assert.equal(
    commentOf(encodeAll(userData, [commentItem('firewall.forwards[0] Türkamera')])),
    'firewall.forwards[0] Türkamera',
  );
  assert.equal(commentOf(undefined), undefined);
  assert.equal(commentOf(Uint8Array.of(0, 9, 65)), undefined);
  assert.equal(commentOf(Uint8Array.of(3, 1, 65)), undefined);
});

test('concatenation() packs type numbers by six bits and pads each field to four bytes (nft datatype.h)', () => {
  assert.deepEqual(concatenation(['ipv4_addr', 'inet_proto', 'inet_service']), {
    number: 0x730d,
    length: 12,
    byteOrder: 0,
  });
  assert.deepEqual(concatenation(['ifname', 'ifname']), { number: 0xa69, length: 32, byteOrder: 0 });
});

test('commentOf() takes any user data without a throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void commentOf(bytes)));
});
