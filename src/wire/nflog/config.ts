import type { ValueOf } from '../field/field.ts';
import { padding, u16, u32, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes } from '../netlink/attributes.ts';

/** struct nfulnl_msg_config_mode: NFULNL_COPY, and at most how many bytes of a packet. */
const mode = struct({ range: u32, mode: u8, pad: padding(1) });

/** NFULA_CFG_* (linux/netfilter/nfnetlink_log.h): what the kernel shall do for the group in the header. */
export const nflogConfig = attributes({
  /** NFULNL_CFG_CMD */
  command: attribute(1, u8),
  mode: attribute(2, mode),
  bufferSize: attribute(3, u32),
  /** Hundredths of a second a packet may wait for others to go with it. */
  timeout: attribute(4, u32),
  /** Packets that go together at most. */
  threshold: attribute(5, u32),
  flags: attribute(6, u16),
});
export type NflogConfig = ValueOf<typeof nflogConfig>;
