import { attribute, attributes } from '../../netlink/attributes.ts';
import { u32 } from '../../field/scalars.ts';

/** `masq`: the outgoing device's own address as source, forgotten when it goes (NFTA_MASQ_*). */
export const masq = attributes({
  flags: attribute(1, u32),
  portMin: attribute(2, u32),
  portMax: attribute(3, u32),
});
