import { KernelError } from '../../base/errors.ts';
import type { Upstream } from '../../base/upstream.ts';
import { type Ipv4, UNSPECIFIED, formatIpv4 } from '../../base/ipv4.ts';
import type { Config } from '../../config/schema.ts';
import type { OtherServer } from '../../engine/dhcp4-server/other-servers.ts';
import type { Clock } from '../../port/clock.ts';
import type { IcmpPort } from '../../port/icmp.ts';
import type { LeaseJournal } from '../../port/lease-journal.ts';
import type { PacketPort } from '../../port/packet.ts';
import type { Random } from '../../port/random.ts';
import type { TcpPort } from '../../port/tcp.ts';
import type { UdpDialer, UdpPort } from '../../port/udp.ts';
import {
  type Dhcp4Server,
  type Dhcp4ServerSettings,
  startDhcp4Server,
} from '../../service/dhcp4-server/dhcp4-server.ts';
import { type DnsOptions, type DnsService, startDns } from '../../service/dns/start-dns.ts';
import { patiently } from '../patience.ts';
import { dhcpOptions, dnsOptions, reservedNames } from './narrow.ts';
import type { Notices } from './notices.ts';
import type { NetPorts } from './ports.ts';

/** What listening says while the LAN's device or address is not there. */
const ABSENCE = ['ENODEV', 'EADDRNOTAVAIL'];

export interface LanPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<NetPorts['log'], 'logFor'>;
  readonly udp: UdpPort & UdpDialer;
  readonly tcp: TcpPort;
  readonly packets: PacketPort;
  readonly icmp: IcmpPort;
}

export interface LanServicesParts {
  readonly ports: LanPorts;
  readonly leases: LeaseJournal;
  readonly notices: Notices;
  /** A lease began, changed its name or ended. */
  readonly onLeases: () => void;
}

/** What the name server has to know of the WAN. */
export interface WanNames {
  readonly addresses: readonly Ipv4[];
  readonly upstreams: readonly Upstream[];
}

/** The name server and the DHCP server of the LAN; the names of leases go from one to the other. */
export class LanServices {
  readonly #parts: LanServicesParts;
  /** The settings are unknown while the last ones could not be put in force. */
  #dhcp: { readonly settings: string | undefined; readonly server: Dhcp4Server } | undefined;
  #dns: { readonly options: string; readonly service: DnsService } | undefined;

  /** The box's own address on the LAN. */
  #own: Ipv4 = UNSPECIFIED;

  constructor(parts: LanServicesParts) {
    this.#parts = parts;
  }

  get dns(): DnsService | undefined {
    return this.#dns?.service;
  }
  get dhcp(): Dhcp4Server | undefined {
    return this.#dhcp?.server;
  }

  /** Whether one of the two waits for the LAN's device or address. */
  get isWaiting(): boolean {
    const { problems } = this.#parts.notices;
    return problems.has('dns') || problems.has('dhcp');
  }

  /** Brings both to the configuration and says what changed. @throws KernelError unless the LAN is only absent */
  async apply(config: Config, device: string, wan: WanNames): Promise<readonly string[]> {
    const dns = await this.#unlessAbsent('dns', () => this.#applyDns(config, wan));
    const dhcp = await this.#unlessAbsent('dhcp', () => this.#applyDhcp(config, device));
    return [...(dns ? ['name server changed'] : []), ...(dhcp ? ['DHCP server changed'] : [])];
  }

  stop(): void {
    this.#dns?.service.close();
    this.#dhcp?.server.stop();
  }

  /** A service of a LAN that is not there now is started when it is. */
  async #unlessAbsent(service: string, action: () => Promise<boolean>): Promise<boolean> {
    try {
      const changed = await action();
      this.#parts.notices.note(service, undefined);
      return changed;
    } catch (error) {
      if (!(error instanceof KernelError) || !ABSENCE.includes(error.errno)) throw error;
      this.#parts.notices.note(service, error.message);
      return false;
    }
  }

  async #applyDns(config: Config, wan: WanNames): Promise<boolean> {
    const options = dnsOptions(config, []);
    const wanted = JSON.stringify(options, withBigints);
    const isOther = this.#dns?.options !== wanted;
    if (isOther) {
      this.#dns = { options: wanted, service: await this.#followDns(options) };
      // Who had a name first keeps it.
      const bound = (this.dhcp?.leases() ?? [])
        .filter(({ state }) => state === 'bound')
        .toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0));
      for (const { name, address } of bound) if (name !== undefined) this.dns?.setLeaseName(name, address);
    }
    this.dns?.setReservedNames(reservedNames(config));
    this.dns?.setWan(wan.addresses);
    this.dns?.setUpstreams(wan.upstreams);
    return isOther;
  }

  /** Only another place to listen at means another server: of one that ends, clients wait for answers in vain. */
  async #followDns(options: DnsOptions): Promise<DnsService> {
    const running = this.dns;
    if (running?.reconfigure(options) === true) return running;
    running?.close();
    this.#dns = undefined;
    const { udp, tcp, clock, random, log } = this.#parts.ports;
    return await patiently(() => startDns(options, { udp, tcp, clock, random, log: log.logFor('dns') }));
  }

  async #applyDhcp(config: Config, device: string): Promise<boolean> {
    const settings = { device, server: dhcpOptions(config) };
    this.#own = config.lan.address.address;
    const custom = [...settings.server.custom].map(([code, bytes]) => [code, ...bytes]);
    const wanted = config.dhcp.enabled ? JSON.stringify([settings, custom]) : undefined;
    if (wanted === undefined) {
      this.dhcp?.stop();
      const wasOn = this.#dhcp !== undefined;
      this.#dhcp = undefined;
      return wasOn;
    }
    if (this.#dhcp?.settings === wanted) return false;
    if (this.#dhcp === undefined) {
      this.#dhcp = { settings: wanted, server: await this.#startDhcp(settings) };
    } else {
      const { server } = this.#dhcp;
      this.#dhcp = { settings: undefined, server };
      await server.reconfigure(settings);
      this.#dhcp = { settings: wanted, server };
    }
    return true;
  }

  #startDhcp(settings: Dhcp4ServerSettings): Promise<Dhcp4Server> {
    const { ports, leases, notices, onLeases } = this.#parts;
    const { clock, packets, icmp, udp, random } = ports;
    return startDhcp4Server(
      settings,
      { clock, packet: packets, icmp, udp, random, journal: leases },
      {
        onLease: ({ name, address }) => {
          if (name === undefined) this.dns?.removeLease(address);
          else this.dns?.setLeaseName(name, address);
          onLeases();
        },
        onLeaseEnd: (address) => {
          this.dns?.removeLease(address);
          onLeases();
        },
        onWarning: (text) => notices.warn('leases', text),
        onOtherServers: (servers) => notices.note('other DHCP server', otherServersText(servers, this.#own)),
      },
    );
  }
}

/** IPv6 addresses, which JSON does not know, as texts. */
function withBigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Devices get settings from one server or the other, so some of them get wrong ones. */
function otherServersText(servers: readonly OtherServer[], own: Ipv4): string | undefined {
  if (servers.length === 0) return undefined;
  const list = servers.map(({ address, mac }) => {
    const byMac = mac ?? 'MAC address not seen yet';
    return address === own
      ? `a device with the MAC address ${byMac} that goes by the address of this box`
      : `${formatIpv4(address)} (${byMac})`;
  });
  return `Devices of the LAN also get addresses from ${list.join(', ')}: switch that server off, or "dhcp.enabled" of this box. If it is the provider's modem, the cables are in each other's ports: change them over`;
}
