import { InvariantError } from '../../base/errors.ts';
import { NFT_DATA_VERDICT } from './constants.ts';

/*
 * The kernel knows a set's key only as a length; the type numbers serve nft when it lists (enum datatypes of nft's
 * datatype.h), as does the byte order (enum byteorder: 1 host, 2 big-endian, 0 for what has none).
 */
export interface DataType {
  readonly number: number;
  /** Bytes. */
  readonly length: number;
  readonly byteOrder: 0 | 1 | 2;
}

export const DATA_TYPE = {
  /** The length is that of struct nft_verdict, which the kernel gives back whatever it was told. */
  verdict: { number: NFT_DATA_VERDICT, length: 16, byteOrder: 0 },
  ipv4_addr: { number: 7, length: 4, byteOrder: 2 },
  ipv6_addr: { number: 8, length: 16, byteOrder: 2 },
  ether_addr: { number: 9, length: 6, byteOrder: 2 },
  inet_proto: { number: 12, length: 1, byteOrder: 2 },
  inet_service: { number: 13, length: 2, byteOrder: 2 },
  icmp_type: { number: 14, length: 1, byteOrder: 2 },
  tcp_flag: { number: 15, length: 1, byteOrder: 2 },
  mark: { number: 19, length: 4, byteOrder: 1 },
  ct_state: { number: 26, length: 4, byteOrder: 1 },
  icmpv6_type: { number: 29, length: 1, byteOrder: 2 },
  ifname: { number: 41, length: 16, byteOrder: 1 },
} as const satisfies Readonly<Record<string, DataType>>;
export type DataTypeName = keyof typeof DATA_TYPE;

const TYPE_BITS = 6;
const MAX_CONCATENATION = 5;

/** Registers are filled in units of four bytes, so each field of a concatenation is padded to that. */
function paddedLength(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/**
 * A key or value of one type, or of several one after the other: the type numbers are packed into one by six bits
 * each (TYPE_BITS of nft's datatype.h), which is what makes a listing show `ipv4_addr . inet_service`.
 */
export function concatenation(names: readonly DataTypeName[]): DataType {
  const [first] = names;
  if (first === undefined || names.length > MAX_CONCATENATION)
    throw new InvariantError(`Cannot make a set key of ${names.length} fields`);
  if (names.length === 1) return DATA_TYPE[first];
  return {
    number: names.reduce((packed, name) => (packed << TYPE_BITS) | DATA_TYPE[name].number, 0),
    length: names.reduce((sum, name) => sum + paddedLength(DATA_TYPE[name].length), 0),
    byteOrder: 0,
  };
}
