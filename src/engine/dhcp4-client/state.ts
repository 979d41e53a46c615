import type { Duration } from '../../base/duration.ts';
import { Instant } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import type { ArpMessage } from '../../wire/arp/message.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import type { Binding } from './binding.ts';

/** A binding and its times on the monotonic clock; infinitely far for a lease without end. */
export interface Lease {
  readonly binding: Binding;
  /** T1 */
  readonly renewAt: Instant;
  /** T2 */
  readonly rebindAt: Instant;
  readonly expiresAt: Instant;
}

/** What was sent last and when it is sent again. */
export interface Exchange {
  readonly xid: number;
  /** When the first message of the exchange was sent. */
  readonly began: Instant;
  /** The `secs` field of the last message. */
  readonly secs: number;
  /** Transmissions of the current message. */
  readonly tries: number;
  /** From when a lease granted now would count. */
  readonly sentAt: Instant;
  readonly nextSend: Instant;
}

/** A lease that a server has acknowledged. */
export interface Grant {
  readonly lease: Lease;
  readonly origin: Origin;
  /** From the first message of the exchange to the acknowledgement. */
  readonly took: Duration;
}

/** Another station that says to have an address which was granted to us. */
export interface Conflict {
  readonly address: Ipv4;
  readonly mac: Mac;
  readonly at: Instant;
}

/**
 * The states of RFC 2131 figure 5. `lease` is what is configured now: also while its validity is being checked after a
 * link change, and while another server is looked for because the first has fallen silent.
 */
export type Phase =
  | { readonly kind: 'stopped'; readonly lease: undefined }
  | { readonly kind: 'linkDown'; readonly lease: Lease | undefined }
  /** INIT: the next round waits for the back-off. */
  | {
      readonly kind: 'init';
      readonly lease: Lease | undefined;
      readonly until: Instant;
      /** Whether the round begins with INIT-REBOOT, if there is a binding to ask for. */
      readonly reboot: boolean;
    }
  | { readonly kind: 'selecting'; readonly lease: Lease | undefined; readonly exchange: Exchange }
  | {
      readonly kind: 'requesting';
      readonly lease: Lease | undefined;
      readonly exchange: Exchange;
      readonly offer: Binding;
    }
  /** INIT-REBOOT and REBOOTING. */
  | {
      readonly kind: 'rebooting';
      readonly lease: Lease | undefined;
      readonly exchange: Exchange;
      readonly address: Ipv4;
    }
  /**
   * Between REQUESTING or REBOOTING and BOUND: the acknowledged address is checked for a conflict (RFC 5227). `lease` is
   * that of the grant if its address was in use before.
   */
  | {
      readonly kind: 'checking';
      readonly lease: Lease | undefined;
      readonly grant: Grant;
      /** Sent so far. */
      readonly probes: number;
      readonly nextProbe: Instant;
    }
  | { readonly kind: 'bound'; readonly lease: Lease }
  | { readonly kind: 'renewing'; readonly lease: Lease; readonly exchange: Exchange }
  | { readonly kind: 'rebinding'; readonly lease: Lease; readonly exchange: Exchange };

export interface State {
  readonly phase: Phase;
  /** The last binding that was valid, whether or not it still is; what the store holds. */
  readonly remembered: Binding | undefined;
  /** When the last two rounds (exchanges begun with DISCOVER or INIT-REBOOT) began, the newest last. */
  readonly rounds: readonly Instant[];
  /** Refusals, conflicts and unanswered requests since the last success. */
  readonly setbacks: number;
  /** No round begins before; the past unless an address was declined. */
  readonly quietUntil: Instant;
  /** Who said to have which of the addresses declined. */
  readonly claims: readonly { readonly mac: Mac; readonly address: Ipv4 }[];
  /** What the last server said or did that gave no address; undefined once there is one, or when no server answers. */
  readonly trouble: string | undefined;
  /** The last conflict of any address. */
  readonly conflict: Conflict | undefined;
  /** When the address was last defended. */
  readonly defendedAt: Instant | undefined;
  /** Announcements of the address left, and when the next one is due. */
  readonly announcements: number;
  readonly announceAt: Instant;
}

export const INITIAL: State = {
  phase: { kind: 'stopped', lease: undefined },
  remembered: undefined,
  rounds: [],
  setbacks: 0,
  quietUntil: Instant(0),
  claims: [],
  trouble: undefined,
  conflict: undefined,
  defendedAt: undefined,
  announcements: 0,
  announceAt: Instant(0),
};

export type Event =
  | {
      readonly kind: 'start';
      readonly linkUp: boolean;
      readonly saved: Binding | undefined;
      /** The saved address is still configured: this program was restarted, not the box. */
      readonly adopt: boolean;
      /** What was left of it, if that is known. */
      readonly remaining?: Duration | undefined;
    }
  | { readonly kind: 'link'; readonly up: boolean }
  /** A message to the client port, decoded but not checked; `from` is its source address. */
  | { readonly kind: 'message'; readonly message: Dhcp4Message; readonly from: Ipv4 }
  /** An ARP packet of another station, about any address. */
  | { readonly kind: 'arp'; readonly message: ArpMessage }
  /** May come at any time, also too early. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'stop'; readonly release: boolean };

/** How a lease came to be configured. */
export type Origin = 'discovered' | 'rebooted' | 'renewed' | 'rebound' | 'adopted';

export type Effect =
  /** To all on the link, from this address or 0.0.0.0. */
  | { readonly kind: 'broadcast'; readonly message: Dhcp4Message; readonly source: Ipv4 }
  | {
      readonly kind: 'unicast';
      readonly message: Dhcp4Message;
      readonly source: Ipv4;
      readonly server: Ipv4;
    }
  /** Use this lease from now on, in place of any before. `took` is that of {@link Grant}. */
  | {
      readonly kind: 'configure';
      readonly lease: Lease;
      readonly origin: Origin;
      readonly took: Duration;
    }
  | { readonly kind: 'unconfigure'; readonly reason: 'expired' | 'refused' | 'released' | 'conflict' }
  /** To all on the link: the question who has the address, asked under no address, or the news that it is ours. */
  | { readonly kind: 'arp'; readonly purpose: 'probe' | 'announce'; readonly address: Ipv4 }
  | { readonly kind: 'saveLease'; readonly binding: Binding }
  | { readonly kind: 'forgetLease' }
  /** For the log: something the owner may want to know. */
  | { readonly kind: 'report'; readonly text: string }
  /** Replaces any wake asked for before; without one in the effects of a step there is none. */
  | { readonly kind: 'wake'; readonly at: Instant };

export interface ClientOptions {
  readonly mac: Mac;
  /** Option 61, the same as long as the MAC address is. */
  readonly clientId: Uint8Array;
  /** Option 12. */
  readonly hostName: string | undefined;
}

export interface Env {
  readonly now: Instant;
  /** An integer from 0 to `limit` - 1. */
  readonly random: (limit: number) => number;
  readonly options: ClientOptions;
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}
