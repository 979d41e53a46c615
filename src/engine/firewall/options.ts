import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { Mac } from '../../base/mac.ts';
import type { Prefix4 } from '../../base/prefix.ts';

/** What the ruleset is made from. No address of the WAN is among it, so a new one changes nothing here. */
export interface FirewallOptions {
  readonly mode: 'firewall' | 'firewall-dmz' | 'router' | 'lan-only';
  /** Devices towards the provider; they may be missing or come later. Ignored in `lan-only`. */
  readonly wan: readonly string[];
  /** Devices towards the LAN: the bridge if there is one, not its ports. */
  readonly lan: readonly string[];
  /** The networks behind the LAN devices; may not overlap. */
  readonly lanNetworks: readonly Prefix4[];
  /** Services of the box that the LAN reaches. */
  readonly lanServices: readonly FirewallService[];
  /** Services of the box that the WAN reaches; `firewall.publicServices`. Ignored in `lan-only`. */
  readonly publicServices: readonly FirewallService[];
  /** `firewall.forwards`, in the order of the configuration, with those that are not enabled. Only in `firewall*`. */
  readonly forwards: readonly PortForward[];
  /** `firewall.oneToOne`, in the order of the configuration. Only in `firewall*`. */
  readonly oneToOne: readonly OneToOne[];
  /** `firewall.exposedHost`: gets every packet from the WAN to the box that nothing else claims. Only in `firewall*`. */
  readonly exposedHost: Ipv4 | null;
  /** `firewall.blockedDevices`, found out. */
  readonly blocked: BlockedDevices;
  /** `firewall.hairpin` */
  readonly hairpin: boolean;
  /** `firewall.pingFromWan`; `firewall-dmz` answers none in any case. */
  readonly pingFromWan: boolean;
  /** `firewall.logDropped` */
  readonly logDropped: boolean;
  /** `firewall.offload`: the devices whose flows take the short way; empty is off. */
  readonly offload: readonly string[];
}

/** An address of the WAN that belongs to one LAN device, both ways and for every protocol. */
export interface OneToOne {
  readonly name: string;
  /** On the WAN. */
  readonly address: Ipv4;
  readonly to: Ipv4;
}

/** LAN devices without a way beyond the LAN: known by their MAC addresses, and by the addresses they have just now. */
export interface BlockedDevices {
  readonly macs: readonly Mac[];
  readonly addresses: readonly (Ipv4 | Ipv6)[];
}

/** Parts of the ruleset that a kernel may not have; without them it is poorer, not weaker, but for `antiSpoof` and `limits`. */
export interface FirewallFeatures {
  /** The flow table. */
  readonly offload: boolean;
  /** Dropped packets are told to the log (NFLOG). */
  readonly log: boolean;
  /** A counter for each LAN device. */
  readonly accounting: boolean;
  /** New connections from one sender are limited. */
  readonly limits: boolean;
  /** The way back to a sender is looked up (fib), and impossible TCP flags are dropped. */
  readonly antiSpoof: boolean;
  /** The MSS of connections is clamped to the MTU of their way. */
  readonly mssClamp: boolean;
}

export const ALL_FEATURES: FirewallFeatures = {
  offload: true,
  log: true,
  accounting: true,
  limits: true,
  antiSpoof: true,
  mssClamp: true,
};

export interface FirewallService {
  /** Letters, digits and hyphens; its counter is `lan-NAME` or `wan-NAME`, which several ports may share. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

export interface PortForward {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'both';
  /** Ports on the WAN, ends included. */
  readonly port: { readonly first: number; readonly last: number };
  readonly to: Ipv4;
  /** The first port there; null leaves the port as it is. */
  readonly toPort: number | null;
  /** Who may use it; empty is everybody. */
  readonly from: readonly Prefix4[];
  readonly enabled: boolean;
}
