import { messageOf } from '../../base/errors.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { Config } from '../../config/schema.ts';
import { describeChange } from '../../engine/links/change.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { LeaseJournal } from '../../port/lease-journal.ts';
import type { Log } from '../../port/log.ts';
import type { Dhcp4Server } from '../../service/dhcp4-server.ts';
import type { DnsService } from '../../service/dns/start-dns.ts';
import { type Firewall, startFirewall } from '../../service/firewall/firewall.ts';
import { type Links, type SideName, startLinks } from '../../service/links/links.ts';
import { type Wan, startWan } from '../../service/wan/wan.ts';
import type { WanAddress, WanState } from '../../service/wan/wan-state.ts';
import { applyKernelSettings, ignoreRoutesWithoutCarrier, stopForwarding } from './kernel-settings.ts';
import { Devices, isUsable } from './devices.ts';
import { LanServices, type WanNames } from './lan-services.ts';
import { dnsUpstreams, firewallOptions, wanMethod, wantedLinks } from './narrow.ts';
import { Notices } from './notices.ts';
import type { NetPorts } from './ports.ts';
import { wanConflict } from './wan-conflict.ts';

/**
 * The network services of the box and their connections: the WAN's address goes to links and names, leases go to names,
 * devices go to the WAN and the firewall. {@link apply} brings all of them to one configuration.
 */
export class NetServices {
  readonly #ports: NetPorts;
  readonly #onChange: () => void;
  readonly #log: Log;
  readonly #firewall: Firewall;
  readonly #devices = new Devices();
  readonly #notices: Notices;
  readonly #lan: LanServices;
  #config: Config;
  #links: Links | undefined;
  #wan: Wan | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(ports: NetPorts, leases: LeaseJournal, config: Config, onChange: () => void) {
    this.#ports = ports;
    this.#config = config;
    this.#onChange = onChange;
    this.#log = ports.log.logFor('net');
    this.#firewall = startFirewall(ports.netfilter, ports.log.logFor('firewall'));
    this.#notices = new Notices(ports.clock, this.#log, onChange);
    this.#lan = new LanServices({ ports, leases, notices: this.#notices, onLeases: onChange });
  }

  get config(): Config {
    return this.#config;
  }
  get firewall(): Firewall {
    return this.#firewall;
  }
  get links(): Links | undefined {
    return this.#links;
  }
  get dns(): DnsService | undefined {
    return this.#lan.dns;
  }
  get dhcp(): Dhcp4Server | undefined {
    return this.#lan.dhcp;
  }
  get devices(): Devices {
    return this.#devices;
  }
  get notices(): Notices {
    return this.#notices;
  }
  wanState(): WanState | undefined {
    return this.#wan?.status();
  }

  /** Puts the firewall in force before anything else, then follows the devices and starts every service. */
  async start(): Promise<void> {
    await this.#firewall.protect({
      lan: firewallOptions(this.#config, this.#devices.names(this.#config)).lan,
      lanServices: [],
    });
    this.#links = await startLinks(this.#ports.route, this.#ports.clock, {
      onLink: (name, link) => this.#deviceChanged(name, link),
      onSide: (side, link) => this.#sideChanged(side, link),
      onMissing: (devices) =>
        this.#notices.note('devices', devices.length === 0 ? undefined : `Not there: ${devices.join(', ')}`),
      onRepair: (changes) =>
        this.#log.notice(
          `Put right what another program had changed: ${changes.map(describeChange).join(', ')}`,
        ),
      onFailure: (error) => this.#log.warn(`Cannot put the network devices right: ${error.message}`),
    });
    await this.#inTurn(() => this.#applyAll(this.#config));
  }

  /** Brings everything to the configuration, or back to the one before. @throws the first refusal */
  async apply(config: Config): Promise<readonly string[]> {
    return await this.#inTurn(async () => {
      const before = this.#config;
      this.#devices.requireNewOnes(config, before);
      try {
        return await this.#applyAll(config);
      } catch (error) {
        this.#log.warn(`The new configuration is taken back: ${messageOf(error)}`);
        await this.#applyAll(before);
        throw error;
      }
    });
  }

  /** Ends the services; the kernel's state stays for the next start unless it is to be removed. */
  async stop(teardown: boolean): Promise<void> {
    await this.#inTurn(async () => {
      this.#lan.stop();
      await this.#wan?.stop({ release: teardown });
      if (teardown) {
        stopForwarding();
        const { lan, wan } = wantedLinks(this.#config, 'none');
        if (lan !== undefined && wan !== undefined) {
          await this.#links?.apply({ lan: { ...lan, ipv4: { addresses: [], routes: [] } }, wan });
        }
        await this.#firewall.teardown();
      }
      this.#links?.close();
    });
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** The order never opens a gap: the firewall first, forwarding and addresses behind it, then who uses them. */
  async #applyAll(config: Config): Promise<readonly string[]> {
    this.#config = config;
    const changes: string[] = [];
    const firewall = await this.#firewall.apply(firewallOptions(config, this.#devices.names(config)));
    if (firewall.outcome !== 'unchanged') changes.push(`firewall ${firewall.outcome}`);
    applyKernelSettings(config, this.#log);
    const moved = (await this.#links?.apply(wantedLinks(config, this.#wanAddress(config)))) ?? [];
    changes.push(...moved.map(describeChange));
    await this.#applyWan(config);
    changes.push(...(await this.#lan.apply(config, this.#devices.names(config).lan, this.#wanNames(config))));
    this.#onChange();
    return changes;
  }

  #wanAddress(config: Config): WanAddress | 'none' | 'unknown' {
    if (config.mode === 'lan-only') return 'none';
    return this.#wan?.status().address ?? (this.#wan === undefined ? 'unknown' : 'none');
  }

  async #applyWan(config: Config): Promise<void> {
    if (config.mode === 'lan-only') {
      await this.#wan?.stop({ release: true });
      this.#wan = undefined;
      return;
    }
    const device = this.#devices.names(config).wan;
    const options = { device, method: wanMethod(config) };
    if (this.#wan !== undefined) return await this.#wan.reconfigure(options);
    const link = this.#devices.find(config.wan.device);
    const snapshot = await this.#links?.snapshot();
    const configured = (snapshot?.addresses ?? [])
      .filter(({ index }) => index === link?.index)
      .map(({ address }) => address);
    const { clock, random, packets, udp, icmp, data, log } = this.#ports;
    const ports = { clock, random, packets, udp, icmp, files: data, log: log.logFor('wan') };
    this.#wan = await startWan(
      { ...options, link: { up: isUsable(link), mac: link?.mac }, configured },
      ports,
      {
        onChange: (state, change) => this.#wanChanged(state, change),
      },
    );
    const { address } = this.#wan.status();
    if (address !== undefined) await this.#followWan(this.#wan.status());
  }

  #wanChanged(state: WanState, change: 'address' | 'status'): void {
    // From within startWan the service is not known yet; its first address is followed when it has returned.
    if (change === 'address' && this.#wan !== undefined) void this.#inTurn(() => this.#followWan(state));
    this.#onChange();
  }

  /** The WAN has another address, or none: links, then names. The firewall holds no WAN address. */
  async #followWan(state: WanState): Promise<void> {
    const { address } = state;
    try {
      await this.#links?.apply({ wan: wantedLinks(this.#config, address ?? 'none').wan });
      this.#notices.note('wan', address === undefined ? undefined : wanConflict(this.#config, address));
    } catch (error) {
      this.#notices.note('wan', messageOf(error));
    }
    if (address === undefined) this.#log.notice('The WAN has no address');
    else {
      const lease =
        state.lease === undefined
          ? ''
          : `, lease from ${formatIpv4(state.lease.server)} in ${Math.round(state.lease.took)} ms`;
      this.#log.notice(`The WAN has the address ${formatPrefix4(address.prefix)}${lease}`);
    }
    const { addresses, upstreams } = this.#wanNames(this.#config);
    this.dns?.setWan(addresses);
    this.dns?.retryUpstreams();
    if (this.#config.wan.useProviderDns) this.dns?.setUpstreams(upstreams);
    this.#onChange();
  }

  #wanAddresses(): readonly Ipv4[] {
    const address = this.#wan?.status().address;
    return address === undefined ? [] : [address.prefix.address];
  }

  #wanNames(config: Config): WanNames {
    const given = this.#wan?.status().address?.dnsServers ?? [];
    const provider = config.wan.useProviderDns
      ? given.map((address) => ({ transport: 'udp', endpoint: { address, port: 53 } }) as const)
      : [];
    return { addresses: this.#wanAddresses(), upstreams: [...dnsUpstreams(config), ...provider] };
  }

  #deviceChanged(name: string, link: ObservedLink | undefined): void {
    const before = this.#devices.names(this.#config);
    this.#devices.set(name, link);
    const now = this.#devices.names(this.#config);
    // A device named by its MAC address has appeared under a name that the rules do not have yet.
    if (this.#links !== undefined && (before.wan !== now.wan || before.lan !== now.lan)) {
      this.#applyAgain();
    }
    this.#onChange();
  }

  #applyAgain(): void {
    void this.apply(this.#config).catch((error: unknown) => this.#notices.note('devices', messageOf(error)));
  }

  #wanLinkChanged(link: ObservedLink | undefined): void {
    if (link !== undefined) ignoreRoutesWithoutCarrier(link.name, this.#log);
    this.#wan?.linkChanged({ up: isUsable(link), mac: link?.mac });
    // Servers that were silent while the cable was out are asked again with the next question.
    if (isUsable(link)) this.dns?.retryUpstreams();
  }

  #sideChanged(side: SideName, link: ObservedLink | undefined): void {
    if (side === 'wan') this.#wanLinkChanged(link);
    else if (link !== undefined && this.#lan.isWaiting) this.#applyAgain();
    this.#log.info(
      `The ${side} device ${link === undefined ? 'is not there' : `${link.name} is ${isUsable(link) ? 'connected' : 'not connected'}`}`,
    );
    this.#onChange();
  }
}
