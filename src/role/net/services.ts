import { Minutes } from '../../base/duration.ts';
import { KernelError, messageOf } from '../../base/errors.ts';
import { type Instant, after } from '../../base/instant.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { Config } from '../../config/schema.ts';
import { describeChange } from '../../engine/links/change.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { LeaseJournal } from '../../port/lease-journal.ts';
import type { Log } from '../../port/log.ts';
import { type Dhcp4Server, type Dhcp4ServerSettings, startDhcp4Server } from '../../service/dhcp4-server.ts';
import { type DnsService, startDns } from '../../service/dns/start-dns.ts';
import { type Firewall, startFirewall } from '../../service/firewall/firewall.ts';
import { type Links, type SideName, startLinks } from '../../service/links/links.ts';
import { type Wan, startWan } from '../../service/wan/wan.ts';
import type { WanAddress, WanState } from '../../service/wan/wan-state.ts';
import { patiently } from '../patience.ts';
import { applyKernelSettings, ignoreRoutesWithoutCarrier, stopForwarding } from './kernel-settings.ts';
import {
  dhcpOptions,
  dnsOptions,
  dnsUpstreams,
  firewallOptions,
  lanDevice,
  wanMethod,
  wantedLinks,
} from './narrow.ts';
import type { NetPorts } from './ports.ts';
import { wanConflict } from './wan-conflict.ts';

/** A name for a device that is not there, so that no rule of the firewall fits another one. */
const ABSENT = 'absent';

/** What listening says while the LAN's device or address is not there. */
const ABSENCE = ['ENODEV', 'EADDRNOTAVAIL'];

/** The DHCP server repeats a warning once an hour at most; one that lasts must not vanish in between. */
const SHOWN_AFTER = Minutes(70);

interface RunningDhcp {
  readonly settings: string;
  readonly server: Dhcp4Server;
}

interface RunningDns {
  readonly options: string;
  readonly service: DnsService;
}

/**
 * The network services of the box and their connections: the WAN's address goes to links and names, leases go to names,
 * devices go to the WAN and the firewall. {@link apply} brings all of them to one configuration.
 */
export class NetServices {
  readonly #ports: NetPorts;
  readonly #leases: LeaseJournal;
  readonly #onChange: () => void;
  readonly #log: Log;
  readonly #firewall: Firewall;
  readonly #devices = new Map<string, ObservedLink>();
  readonly #problems = new Map<string, string>();
  readonly #warnings = new Map<string, { readonly name: string; readonly until: Instant }>();
  #config: Config;
  #links: Links | undefined;
  #wan: Wan | undefined;
  #dhcp: RunningDhcp | undefined;
  #dns: RunningDns | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(ports: NetPorts, leases: LeaseJournal, config: Config, onChange: () => void) {
    this.#ports = ports;
    this.#leases = leases;
    this.#config = config;
    this.#onChange = onChange;
    this.#log = ports.log.logFor('net');
    this.#firewall = startFirewall(ports.netfilter, ports.log.logFor('firewall'));
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
    return this.#dns?.service;
  }
  get dhcp(): Dhcp4Server | undefined {
    return this.#dhcp?.server;
  }
  wanState(): WanState | undefined {
    return this.#wan?.status();
  }
  /** What does not work, by service. */
  get problems(): ReadonlyMap<string, string> {
    return this.#problems;
  }

  /** What the owner should know although everything works. */
  warnings(): readonly { readonly name: string; readonly reason: string }[] {
    const now = this.#ports.clock.now();
    for (const [reason, { until }] of this.#warnings) if (until <= now) this.#warnings.delete(reason);
    return [...this.#warnings].map(([reason, { name }]) => ({ name, reason }));
  }

  /** A device as configured, by name or by `mac:`. */
  deviceOf(configured: string): ObservedLink | undefined {
    if (!configured.startsWith('mac:')) return this.#devices.get(configured);
    const mac = configured.slice(4).toLowerCase();
    return [...this.#devices.values()].find(
      (link) => (link.permanentMac ?? link.mac) === mac && link.kind !== 'bridge',
    );
  }

  /** Puts the firewall in force before anything else, then follows the devices and starts every service. */
  async start(): Promise<void> {
    await this.#firewall.protect({
      lan: firewallOptions(this.#config, this.#names(this.#config)).lan,
      lanServices: [],
    });
    this.#links = await startLinks(this.#ports.route, this.#ports.clock, {
      onLink: (name, link) => this.#deviceChanged(name, link),
      onSide: (side, link) => this.#sideChanged(side, link),
      onMissing: (devices) =>
        this.#note('devices', devices.length === 0 ? undefined : `Not there: ${devices.join(', ')}`),
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
      this.#dns?.service.close();
      this.#dhcp?.server.stop();
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

  #names(config: Config): { readonly wan: string; readonly lan: string } {
    const nameOf = (device: string): string =>
      this.deviceOf(device)?.name ?? (device.startsWith('mac:') ? ABSENT : device);
    return { wan: nameOf(config.wan.device), lan: lanDevice(config, nameOf) };
  }

  #note(service: string, problem: string | undefined): void {
    if (this.#problems.get(service) === problem) return;
    if (problem === undefined) this.#problems.delete(service);
    else {
      this.#problems.set(service, problem);
      this.#log.warn(`${service}: ${problem}`);
    }
    this.#onChange();
  }

  /** Something that happened, and that nobody will say has ended: shown until it has not happened for a while. */
  #warn(name: string, reason: string): void {
    this.#log.warn(`${name}: ${reason}`);
    this.#warnings.set(reason, { name, until: after(this.#ports.clock.now(), SHOWN_AFTER) });
    this.#onChange();
  }

  /** The order never opens a gap: the firewall first, forwarding and addresses behind it, then who uses them. */
  async #applyAll(config: Config): Promise<readonly string[]> {
    this.#config = config;
    const changes: string[] = [];
    const firewall = await this.#firewall.apply(firewallOptions(config, this.#names(config)));
    if (firewall === 'replaced') changes.push('firewall replaced');
    applyKernelSettings(config, this.#log);
    const moved = (await this.#links?.apply(wantedLinks(config, this.#wanAddress(config)))) ?? [];
    changes.push(...moved.map(describeChange));
    await this.#applyWan(config);
    if (await this.#unlessAbsent('dns', () => this.#applyDns(config))) changes.push('name server restarted');
    if (await this.#unlessAbsent('dhcp', () => this.#applyDhcp(config))) changes.push('DHCP server changed');
    this.#onChange();
    return changes;
  }

  /** A service of a LAN that is not there now is started when it is: see {@link #sideChanged}. */
  async #unlessAbsent(service: string, action: () => Promise<boolean>): Promise<boolean> {
    try {
      const changed = await action();
      this.#note(service, undefined);
      return changed;
    } catch (error) {
      if (!(error instanceof KernelError) || !ABSENCE.includes(error.errno)) throw error;
      this.#note(service, error.message);
      return false;
    }
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
    const device = this.#names(config).wan;
    const options = { device, method: wanMethod(config) };
    if (this.#wan !== undefined) return await this.#wan.reconfigure(options);
    const link = this.deviceOf(config.wan.device);
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
      this.#note('wan', address === undefined ? undefined : wanConflict(this.#config, address));
    } catch (error) {
      this.#note('wan', messageOf(error));
    }
    if (address === undefined) this.#log.notice('The WAN has no address');
    else {
      const lease =
        state.lease === undefined
          ? ''
          : `, lease from ${formatIpv4(state.lease.server)} in ${Math.round(state.lease.took)} ms`;
      this.#log.notice(`The WAN has the address ${formatPrefix4(address.prefix)}${lease}`);
    }
    this.#dns?.service.setWan(this.#wanAddresses());
    this.#dns?.service.retryUpstreams();
    if (this.#config.wan.useProviderDns) this.#dns?.service.setUpstreams(this.#upstreams(this.#config));
    this.#onChange();
  }

  #wanAddresses(): readonly Ipv4[] {
    const address = this.#wan?.status().address;
    return address === undefined ? [] : [address.prefix.address];
  }

  #upstreams(config: Config): ReturnType<typeof dnsUpstreams> {
    const given = this.#wan?.status().address?.dnsServers ?? [];
    const provider = config.wan.useProviderDns
      ? given.map((address) => ({ transport: 'udp', endpoint: { address, port: 53 } }) as const)
      : [];
    return [...dnsUpstreams(config), ...provider];
  }

  async #applyDns(config: Config): Promise<boolean> {
    const options = dnsOptions(config, []);
    const wanted = JSON.stringify(options);
    const restart = this.#dns?.options !== wanted;
    if (restart) {
      this.#dns?.service.close();
      this.#dns = undefined;
      const { udp, tcp, clock, random, log } = this.#ports;
      const service = await patiently(() =>
        startDns(options, { udp, tcp, clock, random, log: log.logFor('dns') }),
      );
      this.#dns = { options: wanted, service };
      const bound = (this.#dhcp?.server.leases() ?? []).filter(({ state }) => state === 'bound');
      for (const { name, address } of bound) if (name !== undefined) service.setLeaseName(name, address);
    }
    this.#dns?.service.setWan(this.#wanAddresses());
    this.#dns?.service.setUpstreams(this.#upstreams(config));
    return restart;
  }

  async #applyDhcp(config: Config): Promise<boolean> {
    const settings = { device: this.#names(config).lan, server: dhcpOptions(config) };
    const custom = [...settings.server.custom].map(([code, bytes]) => [code, ...bytes]);
    const wanted = config.dhcp.enabled ? JSON.stringify([settings, custom]) : undefined;
    if (this.#dhcp?.settings === wanted) return false;
    if (wanted === undefined) {
      this.#dhcp?.server.stop();
      this.#dhcp = undefined;
    } else if (this.#dhcp === undefined) {
      this.#dhcp = { settings: wanted, server: await this.#startDhcp(settings) };
    } else {
      await this.#dhcp.server.reconfigure(settings);
      this.#dhcp = { settings: wanted, server: this.#dhcp.server };
    }
    return true;
  }

  #startDhcp(settings: Dhcp4ServerSettings): Promise<Dhcp4Server> {
    const { clock, packets, icmp, udp } = this.#ports;
    return startDhcp4Server(
      settings,
      { clock, packet: packets, icmp, udp, journal: this.#leases },
      {
        onLease: ({ name, address }) => {
          this.#dns?.service.removeLease(address);
          if (name !== undefined) this.#dns?.service.setLeaseName(name, address);
          this.#onChange();
        },
        onLeaseEnd: (address) => {
          this.#dns?.service.removeLease(address);
          this.#onChange();
        },
        onWarning: (text) => this.#warn('leases', text),
      },
    );
  }

  #deviceChanged(name: string, link: ObservedLink | undefined): void {
    const before = this.#names(this.#config);
    if (link === undefined) this.#devices.delete(name);
    else this.#devices.set(name, link);
    const now = this.#names(this.#config);
    // A device named by its MAC address has appeared under a name that the rules do not have yet.
    if (this.#links !== undefined && (before.wan !== now.wan || before.lan !== now.lan)) {
      this.#applyAgain();
    }
    this.#onChange();
  }

  #applyAgain(): void {
    void this.apply(this.#config).catch((error: unknown) => this.#note('devices', messageOf(error)));
  }

  #wanLinkChanged(link: ObservedLink | undefined): void {
    if (link !== undefined) ignoreRoutesWithoutCarrier(link.name, this.#log);
    this.#wan?.linkChanged({ up: isUsable(link), mac: link?.mac });
    // Servers that were silent while the cable was out are asked again with the next question.
    if (isUsable(link)) this.#dns?.service.retryUpstreams();
  }

  #sideChanged(side: SideName, link: ObservedLink | undefined): void {
    if (side === 'wan') this.#wanLinkChanged(link);
    else if (link !== undefined && (this.#problems.has('dns') || this.#problems.has('dhcp')))
      this.#applyAgain();
    this.#log.info(
      `The ${side} device ${link === undefined ? 'is not there' : `${link.name} is ${isUsable(link) ? 'connected' : 'not connected'}`}`,
    );
    this.#onChange();
  }
}

function isUsable(link: ObservedLink | undefined): boolean {
  return link !== undefined && link.up && link.carrier;
}
