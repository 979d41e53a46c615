import type { Timestamp } from '../../base/instant.ts';
import type { MailHealth } from '../../port/mailbox.ts';
import type { LanStatus, MailboxStatus, RoleStatus, ServiceStatus, WanStatus } from '../../port/box.ts';

/** What the services know about the WAN. */
export interface WanFacts {
  readonly status: WanStatus;
  readonly gateway: 'unknown' | 'reachable' | 'unreachable';
  /** Why the lease is not on stable storage, or null. */
  readonly leaseProblem: string | null;
  /** Why there is no device to work with, as the kernel refuses the VLAN. */
  readonly problem?: string | null | undefined;
  readonly internet?: InternetFacts | undefined;
  /** What a DHCP server said or did that gave no address, a sentence. */
  readonly trouble?: string | null | undefined;
  /** Why the address that the provider gave is not used, a sentence. */
  readonly unused?: string | null | undefined;
  /** Another station that says to have the address the provider gave, `203.0.113.50`. */
  readonly conflict?: { readonly address: string; readonly mac: string } | null | undefined;
}

export interface InternetFacts {
  /** `off`: nobody is asked, and nothing is shown. */
  readonly state: 'off' | 'unknown' | 'reachable' | 'unreachable';
  readonly reason: string;
}

/** One upstream resolver: null while it has not been asked yet. */
export interface UpstreamFacts {
  /** As configured, `udp://192.0.2.53`. */
  readonly name: string;
  readonly answers: boolean | null;
}

export interface LanFacts {
  readonly status: LanStatus;
  /** Whether the kernel has the LAN address. */
  readonly addressConfigured: boolean;
  /** The LAN's own services, as `dhcp` and `dns`, in the order they are shown. */
  readonly services: readonly ServiceStatus[];
}

/** What the post office knows. */
export interface MailFacts {
  /** Why messages cannot be stored, or what of them is damaged. */
  readonly problem: string | null;
  /** Undefined before the post office has said. */
  readonly storage: MailHealth | undefined;
  /** Why mail does not go out. */
  readonly troubles: readonly { readonly isSevere: boolean; readonly reason: string }[];
}

/** Something the owner should know although everything works. */
export interface WarningFacts {
  readonly name: string;
  readonly reason: string;
}

export interface HealthFacts {
  /** Null in `lan-only` mode. */
  readonly wan: WanFacts | null;
  /** Null when nothing is forwarded: `dns.forward` is off. */
  readonly upstreams: readonly UpstreamFacts[] | null;
  readonly lan: LanFacts;
  readonly roles: readonly RoleStatus[];
  /** Every other service. */
  readonly services: readonly ServiceStatus[];
  /** Null when mail is off. */
  readonly mail: MailFacts | null;
  readonly mailboxes?: readonly MailboxStatus[] | undefined;
  readonly warnings: readonly WarningFacts[];
  /** What the civil clock says. */
  readonly time?: Timestamp | undefined;
  /** What the kernel refused of the firewall's ruleset. */
  readonly firewallReduced?: readonly string[] | undefined;
  /** The connections the kernel follows, and the most it can. */
  readonly connections?: { readonly known: number; readonly limit: number } | null | undefined;
}
