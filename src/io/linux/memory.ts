import { readFileSync } from 'node:fs';
import { KernelError } from '../../base/errors.ts';
import { kernelErrorFrom } from '../node/errors.ts';

const FILE = '/proc/meminfo';
const BYTES_PER_UNIT = 1024;

/** The memory of the machine in bytes, without what the kernel itself takes at the start (MemTotal). @throws KernelError */
export function readTotalMemory(): number {
  let text: string;
  try {
    text = readFileSync(FILE, 'latin1');
  } catch (error) {
    throw kernelErrorFrom(`read ${FILE}`, error);
  }
  const units = /^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1];
  if (units === undefined) throw new KernelError(`read ${FILE}`, 'ENODATA', 'it names no MemTotal');
  return Number(units) * BYTES_PER_UNIT;
}
