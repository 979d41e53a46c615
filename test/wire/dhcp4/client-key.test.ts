import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../src/base/hex.ts';
import { clientKeyOf, macOfClient } from '../../../src/wire/dhcp4/client-key.ts';

const chaddr = fromHex('020000000021');

test('clientKeyOf() takes the client identifier before the hardware address (RFC 2131 §4.2)', () => {
  assert.equal(clientKeyOf({ htype: 1, chaddr, options: { clientId: fromHex('01aabb') } }), '01aabb');
  assert.equal(clientKeyOf({ htype: 1, chaddr, options: {} }), '01020000000021');
  assert.equal(clientKeyOf({ htype: 1, chaddr, options: { clientId: new Uint8Array(0) } }), '01020000000021');
});

test('clientKeyOf() sees one client in a bare hardware address and the identifier made of it (RFC 2132 §9.14)', () => {
  assert.equal(
    clientKeyOf({ htype: 1, chaddr, options: { clientId: fromHex('01020000000021') } }),
    clientKeyOf({ htype: 1, chaddr, options: {} }),
  );
});

test('clientKeyOf() does not take an identifier of more than 255 octets', () => {
  assert.equal(
    clientKeyOf({ htype: 1, chaddr, options: { clientId: new Uint8Array(256) } }),
    '01020000000021',
  );
});

test('macOfClient() knows Ethernet addresses only', () => {
  assert.equal(macOfClient({ htype: 1, chaddr }), '02:00:00:00:00:21');
  assert.equal(macOfClient({ htype: 6, chaddr }), undefined);
  assert.equal(macOfClient({ htype: 1, chaddr: fromHex('0200') }), undefined);
});
