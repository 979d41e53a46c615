import { encodeAll } from '../field/codec.ts';
import { u16, u32, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes } from '../netlink/attributes.ts';
import { NFNL_MSG_BATCH, NFNL_SUBSYS_NFTABLES, NFPROTO } from './constants.ts';
import type { NftPacket } from './message.ts';

const header = struct({ family: u8, version: u8, resource: u16 });

/** enum nfnl_batch_attributes */
const beginning = attributes({ generation: attribute(1, u32) });

/**
 * Puts the marks of one transaction around packets: what lies between takes effect as a whole or not at all
 * (nfnetlink_rcv_batch()). The resource of the marks is the subsystem. Of another `generation` than the ruleset's at
 * that moment the kernel refuses it with ERESTART.
 */
export function inBatch<P extends NftPacket>(
  packets: readonly P[],
  generation?: number,
): readonly (NftPacket | P)[] {
  const mark = encodeAll(header, { family: NFPROTO.UNSPEC, version: 0, resource: NFNL_SUBSYS_NFTABLES });
  return [
    { type: NFNL_MSG_BATCH.BEGIN, payload: Uint8Array.of(...mark, ...encodeAll(beginning, { generation })) },
    ...packets,
    { type: NFNL_MSG_BATCH.END, payload: mark },
  ];
}
