import { DecodeError } from '../../src/base/errors.ts';

/** What of an ELF file decides whether it runs on a machine. Names from the System V ABI, "elf.h". */
export interface Elf {
  /** e_machine; 183 is EM_AARCH64. */
  readonly machine: number;
  /** The dynamic linker that starts it (PT_INTERP). */
  readonly interpreter: string | undefined;
  /** Names of the libraries it loads (DT_NEEDED). */
  readonly needed: readonly string[];
}

export const EM_AARCH64 = 183;
const MAGIC = 0x7f45_4c46;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const HEADER_SIZE = 64;
const SEGMENT_SIZE = 56;
const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3 } as const;
const DT = { NULL: 0, NEEDED: 1, STRTAB: 5 } as const;
const DYNAMIC_SIZE = 16;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_SIZE && view(bytes).getUint32(0) === MAGIC;
}

/** Reads a 64-bit little-endian ELF file, the only kind an arm64 box has. @throws DecodeError */
export function readElf(bytes: Uint8Array): Elf {
  if (!isElf(bytes)) throw wrong('is no ELF file', 0);
  if (bytes[4] !== ELFCLASS64 || bytes[5] !== ELFDATA2LSB) throw wrong('is not 64-bit little-endian', 4);
  try {
    const segments = segmentsOf(bytes);
    const interpreter = segments.find(({ type }) => type === PT.INTERP);
    return {
      machine: view(bytes).getUint16(18, true),
      interpreter: interpreter === undefined ? undefined : stringAt(bytes, interpreter.offset),
      needed: neededOf(bytes, segments),
    };
  } catch (error) {
    if (error instanceof RangeError) throw wrong('ends too early', bytes.length);
    throw error;
  }
}

function wrong(message: string, offset: number): DecodeError {
  return new DecodeError(message, { offset, path: 'ELF' });
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function segmentsOf(bytes: Uint8Array): Segment[] {
  const data = view(bytes);
  const [start, count] = [numberAt(data, 32), data.getUint16(56, true)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * SEGMENT_SIZE;
    return {
      type: data.getUint32(at, true),
      offset: numberAt(data, at + 8),
      address: numberAt(data, at + 16),
      size: numberAt(data, at + 32),
    };
  });
}

function neededOf(bytes: Uint8Array, segments: readonly Segment[]): string[] {
  const dynamic = segments.find(({ type }) => type === PT.DYNAMIC);
  if (dynamic === undefined) return [];
  const data = view(bytes);
  const names: number[] = [];
  let strings = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += DYNAMIC_SIZE) {
    const tag = numberAt(data, at);
    if (tag === DT.NULL) break;
    if (tag === DT.NEEDED) names.push(numberAt(data, at + 8));
    if (tag === DT.STRTAB) strings = offsetOf(numberAt(data, at + 8), segments);
  }
  return names.map((name) => stringAt(bytes, strings + name));
}

/** The dynamic section has addresses of memory; the file is mapped by its PT_LOAD segments. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const holder = segments.find(
    (one) => one.type === PT.LOAD && address >= one.address && address < one.address + one.size,
  );
  if (holder === undefined) throw wrong('has its strings outside of what is loaded', 0);
  return address - holder.address + holder.offset;
}

function numberAt(data: DataView, at: number): number {
  const value = data.getBigUint64(at, true);
  // Tags of the dynamic section reach to 2^64; no place in a file does.
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

function stringAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  if (at >= bytes.length || end < 0) throw wrong('has a name that does not end', at);
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1');
}
