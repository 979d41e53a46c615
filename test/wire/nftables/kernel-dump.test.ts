import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../../src/base/hex.ts';
import type { Element } from '../../../src/wire/nftables/element.ts';
import { NFT_SET } from '../../../src/wire/nftables/constants.ts';
import type { NftSet } from '../../../src/wire/nftables/set.ts';
import { type NftSubject, decodeNft } from '../../../src/wire/nftables/message.ts';
import { KERNEL_DUMP, readVectors } from './vectors.ts';

const messages = readVectors(KERNEL_DUMP).flatMap((vector) => vector.messages.map(decodeNft));

function bodies<K extends NftSubject['kind']>(kind: K): Extract<NftSubject, { kind: K }>['body'][] {
  return messages.flatMap((message) =>
    message?.kind === kind ? [message.body as Extract<NftSubject, { kind: K }>['body']] : [],
  );
}

function elementsOf(name: string): readonly Element[] {
  return bodies('elements').find(({ set }) => set === name)?.elements ?? assert.fail(name);
}

function setNamed(name: string): NftSet {
  return bodies('set').find((set) => set.name === name) ?? assert.fail(name);
}

test('decodeNft() reads the own counter of each element of a map as the kernel gives it back', () => {
  const [single] = elementsOf('singles');
  assert.deepEqual(single?.expression, { kind: 'counter', bytes: 300n, packets: 5n });
  assert.equal(toHex(single.data?.value ?? new Uint8Array()), 'c0a84d14');
  assert.deepEqual(elementsOf('fw')[0]?.expression, { kind: 'counter', bytes: 9n, packets: 4n });
});

test('decodeNft() reads what rules put into sets: counters, limits and the time that is left', () => {
  assert.deepEqual(elementsOf('hosts')[0]?.expression, { kind: 'counter', bytes: 180n, packets: 3n });
  const [asked] = elementsOf('asked');
  assert.deepEqual(asked?.expression, {
    kind: 'limit',
    rate: 5n,
    unit: 1n,
    burst: 9,
    type: 0,
    flags: 1,
  });
  assert.ok((asked.expiration ?? 0n) > 0n && (asked.expiration ?? 0n) <= 10_000n);
});

test('decodeNft() reads declarations of sets as the kernel gives them back', () => {
  const hosts = setNamed('hosts');
  assert.deepEqual([hosts.flags, hosts.description?.size, hosts.timeout], [NFT_SET.EVAL, 1024, undefined]);
  assert.equal(hosts.expression?.kind, 'counter');
  const asked = setNamed('asked');
  assert.deepEqual(
    [asked.flags, asked.description?.size, asked.timeout, asked.expression],
    [NFT_SET.EVAL | NFT_SET.TIMEOUT, 65_535, 10_000n, undefined],
  );
  const both = setNamed('both');
  assert.deepEqual(
    both.expressions?.map(({ kind }) => kind),
    ['counter', 'unknown'],
  );
});

test('decodeNft() reads rules that fill sets as the kernel gives them back', () => {
  const kinds = bodies('rule').map(({ expressions = [] }) => expressions.map(({ kind }) => kind).join(' '));
  assert.deepEqual(kinds, [
    'meta cmp payload dynset',
    'meta cmp payload bitwise dynset immediate',
    'meta cmp payload bitwise cmp rt byteorder exthdr',
    'log',
  ]);
});
