import type { Ipv4 } from '../../base/ipv4.ts';
import type { Prefix4 } from '../../base/prefix.ts';

/** What the ruleset is made from. No address of the WAN is among it, so a new one changes nothing here. */
export interface FirewallOptions {
  readonly mode: 'firewall' | 'router' | 'lan-only';
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
  /** `firewall.forwards`, in the order of the configuration, with those that are not enabled. Only in `firewall`. */
  readonly forwards: readonly PortForward[];
  /** `firewall.hairpin` */
  readonly hairpin: boolean;
  /** `firewall.pingFromWan` */
  readonly pingFromWan: boolean;
}

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
