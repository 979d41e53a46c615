import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { toHex } from '../../../src/base/hex.ts';
import {
  type OptionType,
  type WrittenValue,
  encodeOptionValue,
} from '../../../src/wire/dhcp4/option-value.ts';

const good: readonly (readonly [OptionType, WrittenValue, string])[] = [
  ['text', 'boot.img', '626f6f742e696d67'],
  ['text', 'ü', 'c3bc'],
  ['ipv4', '192.168.77.2', 'c0a84d02'],
  ['ipv4-list', ['192.168.77.2', '192.168.77.3'], 'c0a84d02c0a84d03'],
  ['ipv4-list', '192.168.77.2', 'c0a84d02'],
  ['u8', 255, 'ff'],
  ['u16', 1492, '05d4'],
  ['u32', 4_294_967_295, 'ffffffff'],
  ['boolean', true, '01'],
  ['boolean', false, '00'],
  ['domain-list', ['a.example', 'b.example.'], '01610765 78616d706c650001620765 78616d706c6500'],
  ['routes', ['10.0.0.0/8 via 192.168.77.2', '0.0.0.0/0 via 192.168.77.1'], '080ac0a84d0200c0a84d01'],
  ['routes', ['192.168.80.0/24'], '18c0a85000000000'],
  ['hex', '0A:0b 0c', '0a0b0c'],
];
for (const [type, value, hex] of good) {
  test(`encodeOptionValue() writes ${JSON.stringify(value)} as ${type}`, () => {
    assert.equal(toHex(encodeOptionValue(type, value)), hex.replaceAll(' ', ''));
  });
}

const bad: readonly (readonly [OptionType, WrittenValue])[] = [
  ['text', ''],
  ['text', 'a\nb'],
  ['text', 'x'.repeat(256)],
  ['text', 7],
  ['ipv4', '192.168.77'],
  ['ipv4', ['192.168.77.2']],
  ['ipv4-list', []],
  ['ipv4-list', ['192.168.77.2', 'router']],
  ['u8', 256],
  ['u8', -1],
  ['u16', 1.5],
  ['u16', '5'],
  ['u32', 2 ** 32],
  ['boolean', 'yes'],
  ['domain-list', ['a..b']],
  ['domain-list', ['a'.repeat(64)]],
  ['domain-list', [Array.from({ length: 130 }, () => 'a').join('.')]],
  ['routes', ['10.0.0.0 via 192.168.77.2']],
  ['routes', ['10.0.0.0/8 via router']],
  ['routes', ['10.0.0.0/8 via 192.168.77.2 via 192.168.77.3']],
  ['hex', '0'],
  ['hex', 'xy'],
  ['hex', ''],
  ['hex', '00'.repeat(1025)],
];
for (const [type, value] of bad) {
  test(`encodeOptionValue() refuses ${JSON.stringify(value).slice(0, 40)} as ${type}`, () => {
    assert.throws(() => encodeOptionValue(type, value), UserError);
  });
}

test('encodeOptionValue() says what would do', () => {
  assert.throws(() => encodeOptionValue('ipv4-list', 'router'), {
    message:
      'Cannot use "router" as ipv4-list: wanted is a list of IPv4 addresses such as ["192.168.77.2", "192.168.77.3"]',
  });
});
