import { attribute, attributes, cstring } from '../../netlink/attributes.ts';
import { u16, u32 } from '../../field/scalars.ts';

/** `log`: to the kernel log at `level`, or to listeners of an nflog `group` (NFTA_LOG_*). */
export const log = attributes({
  prefix: attribute(2, cstring),
  group: attribute(1, u16),
  /** Bytes of the packet that listeners get; 0 is all. */
  snapLength: attribute(3, u32),
  queueThreshold: attribute(4, u16),
  /** Syslog level, 4 is warning. */
  level: attribute(5, u32),
  flags: attribute(6, u32),
});
