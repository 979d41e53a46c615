import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../src/base/hex.ts';
import { clientKeyOf, macOfClient } from '../../../src/wire/dhcp4/client-key.ts';

const chaddr = fromHex('020000000021');

test('clientKeyOf() takes the client identifier before the hardware address (RFC 2131 §4.2)', () => {
  assert.equal(clientKeyOf({ htype: 1, chaddr, options: { clientId: fromHex('01aabb') } }), 'id:01aabb');
  assert.equal(clientKeyOf({ htype: 1, chaddr, options: {} }), 'hw:01:020000000021');
  assert.equal(
    clientKeyOf({ htype: 1, chaddr, options: { clientId: new Uint8Array(0) } }),
    'hw:01:020000000021',
  );
});

test('macOfClient() knows Ethernet addresses only', () => {
  assert.equal(macOfClient({ htype: 1, chaddr }), '02:00:00:00:00:21');
  assert.equal(macOfClient({ htype: 6, chaddr }), undefined);
  assert.equal(macOfClient({ htype: 1, chaddr: fromHex('0200') }), undefined);
});
