/** One connection the kernel knows. `source` and `destination` as its first packet had them, `192.168.77.20:51000` or `[2001:db8::1]:443`. */
export interface FlowStatus {
  readonly id: number;
  readonly protocol: string;
  /** Of TCP, in the kernel's spelling; null for others. */
  readonly state: string | null;
  readonly source: string;
  readonly destination: string;
  /** Where replies are expected from and sent to; different from the above where addresses are translated. */
  readonly replySource: string;
  readonly replyDestination: string;
  /** The LAN device, by name if it has one, else its address; null for connections of the box itself. */
  readonly device: string | null;
  readonly sent: { readonly packets: number; readonly bytes: number };
  readonly received: { readonly packets: number; readonly bytes: number };
  readonly timeoutSeconds: number;
}

/** What connections are meant; all that is named must fit. */
export interface FlowFilter {
  /** At either end, in either direction. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** `tcp`, `udp`, `icmp`, `icmpv6` or a number. */
  readonly protocol?: string | undefined;
}

/** One thing the firewall does, in plain words, and the line of the configuration it does it for. */
export interface FirewallLine {
  /** `firewall.forwards[0]`, `mode`, or `always`. */
  readonly source: string;
  readonly text: string;
  /** What it counted; null where nothing is counted. */
  readonly packets: number | null;
  readonly bytes: number | null;
}

export interface FirewallView {
  readonly mode: string;
  /** What the kernel refused of the full ruleset; empty when all is in force. */
  readonly reduced: readonly string[];
  readonly lines: readonly FirewallLine[];
  readonly devices: readonly DeviceTraffic[];
}

/** What went through the box for one address of the LAN. */
export interface DeviceTraffic {
  readonly address: string;
  readonly name: string | null;
  readonly mac: string | null;
  readonly up: { readonly packets: number; readonly bytes: number };
  readonly down: { readonly packets: number; readonly bytes: number };
}

/** Connections now. */
export interface FlowListing {
  /** How many are meant; `flows` may hold fewer. */
  readonly total: number;
  readonly flows: readonly FlowStatus[];
}

/** What would happen to a new connection; `from` and `to` as the owner wrote them, `what` is `tcp/443`, `udp/53` or `icmp`. */
export interface ExplainQuestion {
  readonly from: string;
  readonly to: string;
  readonly what: string;
}

export interface ExplainAnswer {
  readonly verdict: 'accepted' | 'dropped' | 'refused';
  /** Whether the packet is for the box itself, goes through it, is sent by it, or never comes to it. */
  readonly way: 'to the box' | 'through the box' | 'from the box' | 'past the box';
  /** The line of the configuration that decided. */
  readonly decidedBy: string;
  /** One sentence. */
  readonly text: string;
  /** Where it is led and what it leaves as, when that differs: `192.168.77.20:443`. */
  readonly destination: string | null;
  readonly source: string | null;
  /** The rules it met on its way, in order. */
  readonly steps: readonly string[];
}
