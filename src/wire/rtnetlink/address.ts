import type { ValueOf } from '../field/field.ts';
import { u32Le, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import { ipAddress } from './ip-address.ts';
import { message } from './message.ts';

/** struct ifaddrmsg (linux/if_addr.h). */
const header = struct({
  /** AF.INET or AF.INET6. */
  family: u8,
  prefixLength: u8,
  /** Low eight bits of IFA_F; all of them are in the attribute. */
  headerFlags: u8,
  /** RT_SCOPE */
  scope: u8,
  /** Of the device. */
  index: u32Le,
});

/** struct ifa_cacheinfo: lifetimes in seconds, 0xffffffff for ever; time stamps in 1/100 s since the boot. */
const cacheInfo = struct({ preferred: u32Le, valid: u32Le, created: u32Le, updated: u32Le });

/** IFA_* of linux/if_addr.h, in the order ip sends them. */
const addressAttributes = attributes({
  /** IFA_LOCAL: the own address. */
  local: attribute(2, ipAddress),
  broadcast: attribute(4, ipAddress),
  /** IFA_ADDRESS: with IFA_LOCAL the other end of a point-to-point link, else the same as that; alone (IPv6) the own one. */
  address: attribute(1, ipAddress),
  label: attribute(3, cstring),
  cacheInfo: attribute(6, cacheInfo),
  /** IFA_F bits. */
  flags: attribute(8, u32Le),
  /** IFA_PROTO, since Linux 5.18: who made it; older kernels ignore it. */
  protocol: attribute(11, u8),
});

/** RTM_NEWADDR, DELADDR, GETADDR. */
export const addressMessage = message(header, addressAttributes);
export type AddressMessage = ValueOf<typeof addressMessage>;
