import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionProblem } from '../../../src/wire/dhcp4/option-problem.ts';
import { OPTION_TYPES, type OptionType, type WrittenValue } from '../../../src/wire/dhcp4/option-value.ts';

const MADE_BY_SERVER =
  'code: an option other than those the server makes itself: 12, 50 to 59, 61, 80 to 82, 90 to 92, 118';

const table: readonly (readonly [number, OptionType, WrittenValue, string | undefined])[] = [
  [3, 'ipv4-list', ['192.168.77.2'], undefined],
  [3, 'ipv4', '192.168.77.2', undefined],
  [3, 'hex', 'c0a84d02', undefined],
  [66, 'text', 'tftp.example', undefined],
  [19, 'u8', 1, undefined],
  [224, 'u16', 7, undefined],
  [53, 'u8', 5, MADE_BY_SERVER],
  [12, 'text', 'pc', MADE_BY_SERVER],
  [80, 'hex', '', MADE_BY_SERVER],
  [255, 'hex', '00', MADE_BY_SERVER],
  [
    3,
    'text',
    'router',
    'type: "ipv4-list", because option 3 (routers) is a list of IPv4 addresses such as ["192.168.77.2", "192.168.77.3"]',
  ],
  [26, 'text', '1400', 'type: "u16", because option 26 (interface MTU) is a whole number from 0 to 65535'],
  [26, 'u16', 70_000, 'value: a whole number from 0 to 65535'],
  [33, 'ipv4-list', ['10.0.0.1'], 'value: pairs of addresses: each destination with its mask or router'],
];
for (const [code, type, value, wanted] of table) {
  test(`optionProblem() of ${code} as ${type} ${JSON.stringify(value)}: ${wanted ?? 'none'}`, () => {
    const problem = optionProblem(code, type, value);
    assert.equal(problem && `${problem.part}: ${problem.wanted}`, wanted);
  });
}

test('optionProblem() never throws, whatever number, type and value are', () => {
  for (let code = 0; code < 256; code++)
    for (const type of OPTION_TYPES)
      for (const value of ['x', 1, true, ['x'], []]) optionProblem(code, type, value);
});
