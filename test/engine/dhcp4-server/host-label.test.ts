import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../src/base/text.ts';
import { hostLabelOf } from '../../../src/engine/dhcp4-server/host-label.ts';

const flags = { serverUpdates: true, overridden: false, wireForm: false, noUpdate: false, unknown: 0 };

const table: readonly (readonly [string, string | undefined])[] = [
  ['PC1', 'pc1'],
  ['Alice’s iPad', 'alice-s-ipad'],
  ['pc1.office.example', 'pc1'],
  ['-_-', undefined],
  ['', undefined],
  ['x'.repeat(80), 'x'.repeat(63)],
  ['a\0b\n', 'a-b'],
];
for (const [hostName, label] of table) {
  test(`hostLabelOf() makes ${JSON.stringify(hostName.slice(0, 20))} to ${label?.slice(0, 20)} (RFC 1123 §2.1)`, () => {
    assert.equal(hostLabelOf({ options: { hostName } }), label);
  });
}

test('hostLabelOf() takes option 81 before option 12', () => {
  const clientFqdn = { flags, rcode1: 0, rcode2: 0, name: utf8('new.office') };
  assert.equal(hostLabelOf({ options: { hostName: 'old', clientFqdn } }), 'new');
  const empty = { ...clientFqdn, name: new Uint8Array(0) };
  assert.equal(hostLabelOf({ options: { hostName: 'old', clientFqdn: empty } }), 'old');
});
