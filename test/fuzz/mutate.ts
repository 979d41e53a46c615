import { concatBytes } from '../../src/base/bytes.ts';
import type { SeededRandom } from './random.ts';

/** No input grows beyond this: about what one datagram of the kernel or one Ethernet frame holds. */
export const MAX_INPUT = 8192;
/** Changes made to one input, at most. */
const MAX_CHANGES = 6;

type Change = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array;

/** Numbers that decoders get wrong: nothing, one, the ends of signed and unsigned, one beside a length. */
const LIES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 0x7f, 0x80, 0xfe, 0xff, 0x7fff, 0x8000, 0xffff] as const;

function cut(bytes: Uint8Array, random: SeededRandom): { start: number; end: number } {
  const [a, b] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
  return { start: Math.min(a, b), end: Math.max(a, b) };
}

const flipBits: Change = (bytes, random) => {
  const changed = bytes.slice();
  if (changed.length === 0) return changed;
  const at = random.below(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
};

const setByte: Change = (bytes, random) => {
  const changed = bytes.slice();
  if (changed.length > 0) changed[random.below(changed.length)] = random.below(256);
  return changed;
};

/** A length or count that does not say the truth, in one, two or four bytes of either order. */
const lie: Change = (bytes, random) => {
  const width = random.oneOf([1, 2, 4]);
  if (bytes.length < width) return bytes;
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  const at = random.below(bytes.length - width + 1);
  const value = random.below(3) === 0 ? bytes.length - at + random.below(9) - 4 : random.oneOf(LIES);
  if (width === 1) view.setUint8(at, value & 0xff);
  else if (width === 2) view.setUint16(at, value & 0xffff, random.below(2) === 0);
  else view.setUint32(at, value >>> 0, random.below(2) === 0);
  return changed;
};

const truncate: Change = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));

const insert: Change = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(random.below(8) === 0 ? 300 : 8);
  const filling = new Uint8Array(length).map(() => random.below(256));
  return concatBytes([bytes.subarray(0, at), filling, bytes.subarray(at)]);
};

const remove: Change = (bytes, random) => {
  const { start, end } = cut(bytes, random);
  return concatBytes([bytes.subarray(0, start), bytes.subarray(end)]);
};

const repeat: Change = (bytes, random) => {
  const { start, end } = cut(bytes, random);
  const piece = bytes.subarray(start, Math.min(end, start + 64));
  return concatBytes([bytes.subarray(0, end), piece, piece, bytes.subarray(end)]);
};

/** The beginning of one input and the end of another. */
const splice: Change = (bytes, random, other) =>
  concatBytes([
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);

/** A piece of another input in place of as many bytes. */
const transplant: Change = (bytes, random, other) => {
  const { start, end } = cut(other, random);
  const changed = bytes.slice();
  const piece = other.subarray(start, Math.min(end, start + changed.length));
  changed.set(piece, random.below(changed.length - piece.length + 1));
  return changed;
};

const CHANGES: readonly Change[] = [
  flipBits,
  flipBits,
  setByte,
  setByte,
  lie,
  lie,
  lie,
  truncate,
  insert,
  remove,
  repeat,
  splice,
  transplant,
];

/** A few changes to an input; `other` lends pieces of itself. */
export function mutate(input: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = input;
  for (let left = 1 + random.below(MAX_CHANGES); left > 0; left--)
    bytes = random.oneOf(CHANGES)(bytes, random, other).subarray(0, MAX_INPUT);
  return bytes;
}
