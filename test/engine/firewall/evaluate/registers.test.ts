import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '../../../../src/base/errors.ts';
import { Registers } from '../../../../src/engine/firewall/evaluate/registers.ts';
import { NFT_REG } from '../../../../src/wire/nftables/constants.ts';

const { R1, R2, R4, R32_00, R32_01, R32_02 } = NFT_REG;

test('Registers: long and short registers are the same bytes (nft_parse_register())', () => {
  const registers = new Registers();
  registers.store(R1, Uint8Array.of(1, 2, 3, 4));
  registers.store(R32_01, Uint8Array.of(5));
  registers.store(R32_02, Uint8Array.of(6, 7));
  assert.deepEqual([...registers.load(R32_00, 12)], [1, 2, 3, 4, 5, 0, 0, 0, 6, 7, 0, 0]);
  registers.store(R2, Uint8Array.of(9));
  assert.deepEqual([...registers.load(R32_00 + 4, 1)], [9]);
});

test('store() fills its last word with zeros and touches nothing behind it', () => {
  const registers = new Registers();
  registers.store(R1, new Uint8Array(8).fill(255));
  registers.store(R1, Uint8Array.of(1));
  assert.deepEqual([...registers.load(R1, 8)], [1, 0, 0, 0, 255, 255, 255, 255]);
});

test('load() gives a copy, and refuses what lies outside', () => {
  const registers = new Registers();
  registers.load(R4, 16).fill(7);
  assert.deepEqual([...registers.load(R4, 2)], [0, 0]);
  for (const [register, length] of [
    [0, 4],
    [R4, 17],
    [5, 4],
    [R32_00 + 16, 1],
  ] as const)
    assert.throws(() => registers.load(register, length), InvariantError);
});
