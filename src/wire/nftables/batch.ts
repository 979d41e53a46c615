import { encodeAll } from '../field/codec.ts';
import { u16, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { NFNL_MSG_BATCH, NFNL_SUBSYS_NFTABLES, NFPROTO } from './constants.ts';
import type { NftPacket } from './message.ts';

const header = struct({ family: u8, version: u8, resource: u16 });

/**
 * Puts the marks of one transaction around packets: what lies between takes effect as a whole or not at all
 * (nfnetlink_rcv_batch()). The resource of the marks is the subsystem.
 */
export function inBatch<P extends NftPacket>(packets: readonly P[]): readonly (NftPacket | P)[] {
  const payload = encodeAll(header, { family: NFPROTO.UNSPEC, version: 0, resource: NFNL_SUBSYS_NFTABLES });
  return [{ type: NFNL_MSG_BATCH.BEGIN, payload }, ...packets, { type: NFNL_MSG_BATCH.END, payload }];
}
