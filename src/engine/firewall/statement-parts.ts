import { NFT_REG } from '../../wire/nftables/constants.ts';
import type { Expression } from '../../wire/nftables/expression.ts';
import { NFT_BITWISE } from '../../wire/nftables/expression/bitwise.ts';
import { NFT_PAYLOAD } from '../../wire/nftables/expression/payload.ts';

/*
 * Single expressions that the words of statement.ts and action.ts share. All are spelled out as the kernel gives them
 * back, defaults included: what was sent can then be compared with what is there.
 */

const { R1 } = NFT_REG;

/** A number of register data in host order: little-endian on every board we run on. */
export function hostOrder(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** `op` is of NFT_CMP. */
export function compare(op: number, value: Uint8Array): Expression {
  return { kind: 'cmp', sreg: R1, op, data: { value } };
}

/** `key` is of NFT_META. */
export function meta(key: number, dreg: number = R1): Expression {
  return { kind: 'meta', key, dreg };
}

export function lookUp(set: string, flags = 0): Expression {
  return { kind: 'lookup', sreg: R1, set, flags };
}

export function networkField(offset: number, length: number): Expression {
  return { kind: 'payload', dreg: R1, base: NFT_PAYLOAD.NETWORK_HEADER, offset, length };
}

export function transportField(offset: number, length: number, dreg: number = R1): Expression {
  return { kind: 'payload', dreg, base: NFT_PAYLOAD.TRANSPORT_HEADER, offset, length };
}

/** Only the bits of the mask stay in the register. */
export function masked(mask: Uint8Array): Expression {
  const length = mask.length;
  return {
    kind: 'bitwise',
    sreg: R1,
    dreg: R1,
    op: NFT_BITWISE.MASK_XOR,
    length,
    mask: { value: mask },
    xor: { value: new Uint8Array(length) },
  };
}

/** Offsets of RFC 791 section 3.1. */
export const IPV4_FIELD = { SOURCE: 12, DESTINATION: 16 } as const;

/** Offsets of RFC 8200 section 3. */
export const IPV6_FIELD = { HOP_LIMIT: 7, SOURCE: 8, DESTINATION: 24 } as const;
