import { InvariantError } from '../../../base/errors.ts';
import { NFT_BITWISE } from '../../../wire/nftables/expression/bitwise.ts';
import type { Expression } from '../../../wire/nftables/expression.ts';
import { unknownTo, wanted } from './outcome.ts';

type Bitwise = Extract<Expression, { readonly kind: 'bitwise' }>;

/** `(value & mask) ^ xor`; shifts are not used by any rule of ours. */
export function bitwiseResult({ op, mask, xor }: Bitwise, value: Uint8Array): Uint8Array {
  if ((op ?? NFT_BITWISE.MASK_XOR) !== NFT_BITWISE.MASK_XOR) return unknownTo(`the bitwise operation ${op}`);
  const [and, flip] = [wanted(mask?.value, 'the mask of bitwise'), wanted(xor?.value, 'the xor of bitwise')];
  return value.map((byte, at) => (byte & (and[at] ?? 0)) ^ (flip[at] ?? 0));
}

/** The bytes of each unit of `size` in the other order. */
export function swapped(value: Uint8Array, size: number): Uint8Array {
  if (size < 2 || value.length % size !== 0)
    throw new InvariantError(`Cannot swap ${value.length} bytes in units of ${size}`);
  return value.map((_, at) => value[at - (at % size) + (size - 1 - (at % size))] ?? 0);
}
