import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { Prefix4 } from '../../base/prefix.ts';

/** The device that several LAN devices are put together in. */
export const LAN_BRIDGE = 'br-lan';

export interface WantedRoute {
  /** 0.0.0.0/0 is the default route; host bits are of no meaning. */
  readonly destination: Prefix4;
  /** None: the destination is on the link itself. */
  readonly gateway?: Ipv4 | undefined;
  /** The lowest of equal destinations is used; 0 unless given. */
  readonly metric?: number | undefined;
  /** The own address that packets over this route are sent from, unless their sender chose one. */
  readonly source?: Ipv4 | undefined;
}

/** The LAN or the WAN as it shall be. */
export interface WantedSide {
  readonly up: boolean;
  /** Left as it is unless given. */
  readonly mtu?: number | undefined;
  /** All IPv4 addresses of the device, and all routes over it that are ours; left as they are unless given (a lease not yet confirmed). */
  readonly ipv4?:
    | { readonly addresses: readonly Prefix4[]; readonly routes: readonly WantedRoute[] }
    | undefined;
}

export interface WantedWan extends WantedSide {
  readonly device: string;
  /** The 802.1Q tag of the provider: the addresses are on a VLAN device then, see `wanDeviceName()`. */
  readonly vlan?: number | undefined;
  /** The hardware address to show to the provider; the device's own unless given. */
  readonly mac?: Mac | undefined;
}

/** A device is named by interface name, or as `mac:02:00:00:00:00:20` by its hardware address. */
export interface WantedLinks {
  /** More than one device: ports of the bridge {@link LAN_BRIDGE}, which has the addresses. */
  readonly lan?: (WantedSide & { readonly devices: readonly string[] }) | undefined;
  readonly wan?: WantedWan | undefined;
}
