import type { Duration } from '../../base/duration.ts';
import type { Timestamp } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { Prefix4 } from '../../base/prefix.ts';
import type { Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { IcmpPort } from '../../port/icmp.ts';
import type { Log } from '../../port/log.ts';
import type { PacketPort } from '../../port/packet.ts';
import type { Random } from '../../port/random.ts';
import type { UdpPort } from '../../port/udp.ts';
import type { StaticRoute } from '../../wire/dhcp4/routes.ts';

/** The WAN device as the kernel reports it. */
export interface WanLink {
  /** Carrier is there. */
  readonly up: boolean;
  /** Undefined while the device is missing. */
  readonly mac: Mac | undefined;
}

export type WanMethod =
  | {
      readonly kind: 'static';
      readonly address: Prefix4;
      readonly gateway: Ipv4 | undefined;
      readonly dnsServers: readonly Ipv4[];
    }
  | {
      readonly kind: 'dhcp';
      /** Told to the provider's server (option 12). */
      readonly hostName: string | undefined;
    };

export interface WanOptions {
  readonly device: string;
  readonly method: WanMethod;
  /** Names of the time servers that show whether the Internet is there; nothing is asked without any. */
  readonly timeServers?: readonly string[] | undefined;
}

export interface WanPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly packets: PacketPort;
  readonly udp: UdpPort;
  readonly icmp: IcmpPort;
  /** Rooted at the data directory. */
  readonly files: Files;
  /** Rooted at the run directory, which is in memory: what is there is gone after a reboot, and wears nothing. */
  readonly runtime?: Files | undefined;
  readonly log: Log;
  /** The IPv4 addresses of a name, by the box's own resolver; none if there are none or nobody answers. */
  readonly resolve?: ((name: string) => Promise<readonly Ipv4[]>) | undefined;
}

/** What is to be configured on the WAN device. */
export interface WanAddress {
  readonly prefix: Prefix4;
  /** Default gateway; reachable on the link even if it lies outside the prefix. */
  readonly gateway: Ipv4 | undefined;
  /** Further routes; router 0.0.0.0 means on-link. */
  readonly routes: readonly StaticRoute[];
  /** As the provider or the owner names them; whether they are used is the resolver's policy. */
  readonly dnsServers: readonly Ipv4[];
  readonly domain: string | undefined;
  readonly searchDomains: readonly string[];
}

export interface WanLease {
  readonly server: Ipv4;
  readonly obtained: Timestamp;
  /** From the first message to the acknowledgement. */
  readonly took: Duration;
  /** Undefined for a lease without end. */
  readonly expires: Timestamp | undefined;
}

/** The states of RFC 2131 figure 5, and a few of our own: CHECKING is between its ACK and BOUND. */
export type WanPhase =
  | 'STATIC'
  | 'STOPPED'
  | 'LINK-DOWN'
  | 'INIT'
  | 'SELECTING'
  | 'REQUESTING'
  | 'REBOOTING'
  | 'CHECKING'
  | 'BOUND'
  | 'RENEWING'
  | 'REBINDING';

export interface GatewayHealth {
  /** The router in use; undefined if there is no way to the Internet. */
  readonly gateway: Ipv4 | undefined;
  /** `unknown`: nothing to ask, or no answer yet and too early to tell. */
  readonly state: 'unknown' | 'reachable' | 'unreachable';
  /** Checks in a row without an answer. */
  readonly misses: number;
}

/** Another station of the provider's network that says to have the address granted to the box (RFC 5227). */
export interface WanConflict {
  readonly address: Ipv4;
  readonly mac: Mac;
}

export interface InternetHealth {
  /** `off`: no time server is configured, so nothing is asked. */
  readonly state: 'off' | 'unknown' | 'reachable' | 'unreachable';
  /** One sentence. */
  readonly reason: string;
}

export interface WanState {
  readonly device: string;
  readonly method: 'static' | 'dhcp';
  readonly phase: WanPhase;
  readonly link: WanLink;
  readonly address: WanAddress | undefined;
  readonly lease: WanLease | undefined;
  readonly gateway: GatewayHealth;
  readonly internet: InternetHealth;
  /** The last one, for a while. */
  readonly conflict: WanConflict | undefined;
  /** What the last server said or did that gave no address, a sentence; undefined with one, or when no server answers. */
  readonly trouble: string | undefined;
  /** Why the lease is not on stable storage, if it is not: after a reboot it would have to be discovered anew. */
  readonly storeProblem: string | undefined;
}
