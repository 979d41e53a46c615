import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../../src/base/hex.ts';
import { type ConntrackMessage, decodeConntrack } from '../../../src/wire/conntrack/message.ts';
import { type NetlinkMessage, decodeMessages } from '../../../src/wire/netlink/message.ts';

export interface Exchange {
  readonly name: string;
  /** What the reference tool printed. */
  readonly output: readonly string[];
  /** What it asked, and what the kernel answered; control messages left out. */
  readonly sent: readonly NetlinkMessage[];
  readonly received: readonly NetlinkMessage[];
}

interface Vector {
  readonly name: string;
  readonly output: readonly string[];
  readonly datagrams: readonly { readonly direction: 'to' | 'from'; readonly hex: string }[];
}

/** The captures of one file of test/vectors. */
export function exchangesOf(file: string): readonly Exchange[] {
  const path = join(import.meta.dirname, '../../vectors', file);
  const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };
  return vectors.map(({ name, output, datagrams }) => {
    const messages = (direction: string): NetlinkMessage[] =>
      datagrams
        .filter((one) => one.direction === direction)
        .flatMap((one) => decodeMessages(fromHex(one.hex)))
        .filter(({ type }) => type >= 16);
    return { name, output, sent: messages('to'), received: messages('from') };
  });
}

export function exchangeOf(file: string, name: string): Exchange {
  const found = exchangesOf(file).find((one) => one.name === name);
  assert.ok(found, `a capture named "${name}"`);
  return found;
}

export function decoded(messages: readonly NetlinkMessage[]): ConntrackMessage[] {
  return messages.map(decodeConntrack).filter((message) => message !== undefined);
}

const NESTED = 0x8000;

/** The attributes with zeros between them: the reference tool leaves there what its memory held. */
export function withCleanPadding(payload: Uint8Array, start = 4): Uint8Array {
  const clean = payload.slice();
  const view = new DataView(clean.buffer);
  for (let at = start; at < clean.length;) {
    const length = view.getUint16(at, true);
    const end = at + length;
    if ((view.getUint16(at + 2, true) & NESTED) !== 0)
      clean.set(withCleanPadding(clean.subarray(at + 4, end), 0), at + 4);
    at = (end + 3) & ~3;
    clean.fill(0, end, at);
  }
  return clean;
}
