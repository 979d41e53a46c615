import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../../src/base/hex.ts';
import { type NetlinkMessage, decodeMessages } from '../../../src/wire/netlink/message.ts';

export interface Vector {
  /** The program and command that made it. */
  readonly origin: string;
  readonly messages: readonly NetlinkMessage[];
}

/** What the reference tool sent for one command each, batch marks included. */
export function readVectors(name: string): readonly Vector[] {
  const file = join(import.meta.dirname, '../../vectors/nftables', `${name}.json`);
  const entries = JSON.parse(readFileSync(file, 'utf8')) as { origin: string; datagram: string }[];
  return entries.map(({ origin, datagram }) => ({ origin, messages: decodeMessages(fromHex(datagram)) }));
}

export const VECTOR_FILES = [
  'table-chain',
  'object',
  'set',
  'counted-set',
  'rule',
  'dynset',
  'nat',
  'flow-table',
] as const;

/** What the kernel gave back, of kernel-dump.nft. */
export const KERNEL_DUMP = 'kernel-dump';
