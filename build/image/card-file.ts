import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** What lies at an offset of a card: a file of this machine, or bytes. */
export interface Piece {
  readonly offset: number;
  readonly from: string | Uint8Array;
}

const CHUNK = 2 ** 20;
const BLOCK = 4096;
const ZEROS = Buffer.alloc(BLOCK);

/** Writes a card. Zeros are left out: on a file system with sparse files it takes the room of its content. */
export function writeCard(path: string, octets: number, pieces: readonly Piece[]): void {
  const card = openSync(path, 'w');
  try {
    ftruncateSync(card, octets);
    for (const { offset, from } of pieces) {
      if (typeof from === 'string') copyFile(card, offset, from);
      else writeSync(card, from, 0, from.length, offset);
    }
  } finally {
    closeSync(card);
  }
}

function copyFile(card: number, offset: number, path: string): void {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK);
  try {
    for (let at = 0, size = readSync(file, chunk, 0, CHUNK, 0); size > 0;) {
      writeBlocks(card, offset + at, chunk.subarray(0, size));
      at += size;
      size = readSync(file, chunk, 0, CHUNK, at);
    }
  } finally {
    closeSync(file);
  }
}

function writeBlocks(card: number, offset: number, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; at += BLOCK) {
    const block = chunk.subarray(at, at + BLOCK);
    if (!block.equals(ZEROS.subarray(0, block.length))) writeSync(card, block, 0, block.length, offset + at);
  }
}
