import { readlinkSync } from 'node:fs';
import { kernelErrorFrom } from '../node/errors.ts';

/** Below these numbers of a path the kernel counts ports and functions: `1-1.10` comes after `1-1.2`. */
const NUMBERS = /\d+/g;

/**
 * A text by which devices sort in the order of the board: what is built in first, then what is on USB by its socket, and what has no place at
 * all, as a virtual cable, last. @throws KernelError if it is gone
 */
export function placeOf(device: string): string {
  let path: string;
  try {
    path = readlinkSync(`/sys/class/net/${device}`);
  } catch (error) {
    throw kernelErrorFrom(`look where ${device} is`, error);
  }
  const group = path.includes('/virtual/') ? 2 : path.includes('/usb') ? 1 : 0;
  return `${group} ${path}`.replaceAll(NUMBERS, (digits) => digits.padStart(6, '0'));
}
