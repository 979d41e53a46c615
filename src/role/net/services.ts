import { availableParallelism } from 'node:os';
import { messageOf } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { parseDomainName } from '../../wire/dns/domain-name.ts';
import type { Config } from '../../config/schema.ts';
import type { Surroundings } from '../../engine/firewall/evaluate/surroundings.ts';
import { describeChange } from '../../engine/links/change.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { LeaseJournal } from '../../port/lease-journal.ts';
import type { Log } from '../../port/log.ts';
import type { LeaseView } from '../../engine/dhcp4-server/lease-view.ts';
import type { Dhcp4Server } from '../../service/dhcp4-server/dhcp4-server.ts';
import type { DnsService } from '../../service/dns/start-dns.ts';
import { LanAnnouncer } from '../../service/lan-announcer.ts';
import { type Links, type SideName, startLinks } from '../../service/links/links.ts';
import type { WanState } from '../../service/wan/wan-state.ts';
import { changeOrTakeBack } from './change-or-take-back.ts';
import { Devices, isUsable } from './devices.ts';
import { applyKernelSettings, ignoreRoutesWithoutCarrier, stopForwarding } from './kernel-settings.ts';
import { LanServices } from './lan-services.ts';
import { type DeviceNames, bareLinks, wantedLinks } from './narrow.ts';
import { Notices } from './notices.ts';
import { PacketRules } from './packet-rules.ts';
import { PacketSteering } from './packet-steering.ts';
import type { NetPorts } from './ports.ts';
import { readIpv6Network } from '../../service/links/ipv6-network.ts';
import { surroundingsOf } from './surroundings.ts';
import { Turns } from './turns.ts';
import { WanSide } from './wan-side.ts';

const NOWHERE: Surroundings = { devices: [], routes: [] };

/**
 * The network services of the box and their connections: the WAN's address goes to links and names, leases go to names
 * and rules, devices go to the WAN and the rules. {@link apply} brings all of them to one configuration.
 */
export class NetServices {
  readonly notices: Notices;
  readonly devices = new Devices();
  readonly rules: PacketRules;
  readonly #ports: NetPorts;
  readonly #onChange: () => void;
  readonly #log: Log;
  readonly #lan: LanServices;
  readonly #wan: WanSide;
  readonly #announcer: LanAnnouncer;
  readonly #steering: PacketSteering;
  readonly #turns = new Turns();
  #config: Config;
  #links: Links | undefined;

  constructor(ports: NetPorts, leases: LeaseJournal, config: Config, onChange: () => void) {
    this.#ports = ports;
    this.#config = config;
    this.#onChange = onChange;
    this.#log = ports.log.logFor('net');
    this.#steering = new PacketSteering(availableParallelism(), this.#log);
    const { devices } = this;
    const notices = new Notices(ports.clock, this.#log, onChange);
    this.notices = notices;
    this.rules = new PacketRules({
      ports,
      devices,
      leases: () => this.leases(),
      surroundings: () => this.surroundings(),
      onNeighbours: () => this.#followBlocked(),
      onRuleset: () => this.#restoreRules(),
    });
    this.#announcer = new LanAnnouncer({ ...ports, log: this.#log });
    this.#lan = new LanServices({ ports, leases, notices, onLeases: () => this.#leasesChanged() });
    const wan = {
      ports,
      devices,
      notices,
      links: () => this.#links,
      resolve: async (name: string) => (await this.dns?.addressesOf(parseDomainName(name))) ?? [],
      inTurn: (action: () => Promise<void>) => this.#turns.follow(action),
      onAddress: async (former: readonly Ipv4[]) => {
        this.#tellNames();
        await this.rules.endStale(this.#config, former);
      },
      onChange,
    };
    this.#wan = new WanSide(wan, config);
  }

  get config(): Config {
    return this.#config;
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
  /** The leases, each with the name that really leads to its device. */
  leases(): readonly LeaseView[] {
    const leases = this.dhcp?.leases() ?? [];
    return leases.map((lease) =>
      this.dns?.leaseNameProblem(lease.address) === undefined ? lease : { ...lease, name: undefined },
    );
  }
  wanState(): WanState | undefined {
    return this.#wan.state;
  }

  /** Where the box stands now. */
  async surroundings(): Promise<Surroundings> {
    const [snapshot, six] = await Promise.all([this.#links?.snapshot(), readIpv6Network(this.#ports.route)]);
    return snapshot === undefined ? NOWHERE : surroundingsOf(snapshot, six);
  }

  /** Nothing passes until {@link start}. */
  async protect(): Promise<void> {
    await this.rules.protect(this.#config);
  }

  /** Puts the firewall in force before anything else, then follows the devices and starts every service. */
  async start(config: Config = this.#config): Promise<void> {
    this.#config = config;
    await this.protect();
    this.#links = await startLinks(this.#ports.route, this.#ports.clock, {
      onLink: (name, link) => this.#deviceChanged(name, link),
      onSide: (side, link) => this.#sideChanged(side, link),
      onMissing: (devices) =>
        this.notices.note('devices', devices.length === 0 ? undefined : `Not there: ${devices.join(', ')}`),
      onRepair: (changes) =>
        this.#log.notice(
          `Put right what another program had changed: ${changes.map(describeChange).join(', ')}`,
        ),
      onFailure: (error) => this.#log.warn(`Cannot put the network devices right: ${error.message}`),
    });
    await this.#turns.take(() => this.#applyAll(this.#config, 'start'));
  }

  /** Brings everything to the configuration, or back to the one before. @throws the first refusal */
  async apply(config: Config): Promise<readonly string[]> {
    return await this.#turns.take(() => this.#change(config));
  }

  async #change(config: Config): Promise<readonly string[]> {
    const before = this.#config;
    this.devices.requireNewOnes(config, before);
    return await changeOrTakeBack({
      change: () => this.#applyAll(config, 'change'),
      takeBack: (reason) => {
        this.#log.warn(`The new configuration is taken back: ${reason}`);
        return this.#applyAll(before, 'change');
      },
      onStuck: (reason) =>
        this.notices.note(
          'configuration',
          `It is in force in part only, as taking a change back failed: ${reason}`,
        ),
    });
  }

  /** Ends the services; the kernel's state stays for the next start unless it is to be removed. */
  async stop(teardown: boolean): Promise<void> {
    await this.#turns.end(async () => {
      this.#announcer.stop();
      this.#lan.stop();
      this.rules.stop();
      await this.#wan.stop({ release: teardown });
      if (teardown) {
        stopForwarding();
        await this.#links?.apply(bareLinks(this.#config));
        await this.rules.firewall.teardown();
      }
      this.#links?.close();
    });
  }

  /** The order never opens a gap: the firewall first, forwarding and addresses behind it, then who uses them. */
  async #applyAll(config: Config, occasion: 'start' | 'change'): Promise<readonly string[]> {
    this.#config = config;
    const changes: string[] = [];
    const rules = await this.rules.apply(config);
    if (rules !== 'unchanged') changes.push(`firewall ${rules}`);
    applyKernelSettings(config, this.#log);
    this.#steering.follow(this.devices.names(config).ports);
    await this.#wan.leave(config);
    changes.push(...(await this.#applyLinks(config, occasion)));
    await this.#wan.apply(config);
    changes.push(...(await this.#lan.apply(config, this.devices.names(config).lan, this.#wan.names(config))));
    await this.#announce();
    if (rules !== 'unchanged') await this.rules.endForbidden();
    this.notices.note('configuration', undefined);
    this.#onChange();
    return changes;
  }

  /**
   * A WAN that the kernel cannot have must not keep the LAN from starting; a change that leads there is refused. What the
   * kernel refused before the change as well is no reason: no provider may keep the owner from changing anything.
   */
  async #applyLinks(config: Config, occasion: 'start' | 'change'): Promise<readonly string[]> {
    try {
      const moved = (await this.#links?.apply(wantedLinks(config, this.#wan.wanted(config)))) ?? [];
      this.notices.note('links', undefined);
      return moved.map(describeChange);
    } catch (error) {
      const reason = messageOf(error);
      const isKnown = [...this.notices.problems.values()].includes(reason);
      if (occasion === 'change' && !isKnown) throw error;
      this.notices.note('links', reason);
      return [];
    }
  }

  /** Not before the name server listens: what devices have held back for the box comes at once. */
  async #announce(): Promise<void> {
    if (this.dns === undefined) return;
    const { lan } = this.#config;
    const device = this.devices.names(this.#config).lan;
    const link = this.devices.find(device);
    const place = { device, mac: link?.mac, address: lan.address.address };
    await this.#announcer.follow(isUsable(link) ? place : undefined);
  }

  #tellNames(): void {
    const { addresses, upstreams } = this.#wan.names(this.#config);
    this.dns?.setWan(addresses);
    this.dns?.retryUpstreams();
    if (this.#config.wan.useProviderDns) this.dns?.setUpstreams(upstreams);
  }

  #leasesChanged(): void {
    this.#followBlocked();
    this.#onChange();
  }

  #followBlocked(): void {
    if (this.#config.firewall.blockedDevices.length === 0) return;
    void this.#turns
      .follow(() => this.rules.follow(this.#config))
      .catch((error: unknown) =>
        this.notices.warn(
          'firewall',
          `The addresses of blocked devices are not followed: ${messageOf(error)}`,
        ),
      );
  }

  #restoreRules(): void {
    void this.#turns
      .follow(() => this.rules.restore(this.#config))
      .catch((error: unknown) =>
        this.notices.warn('firewall', `What another program changed is not put right: ${messageOf(error)}`),
      );
  }

  #deviceChanged(name: string, link: ObservedLink | undefined): void {
    const before = this.devices.names(this.#config);
    this.devices.set(name, link);
    const now = this.devices.names(this.#config);
    this.#steering.follow(now.ports);
    if (this.#links !== undefined && this.#areOthers(before, now)) this.#applyAgain();
    this.#onChange();
  }

  #areOthers(before: DeviceNames, now: DeviceNames): boolean {
    // A device named by its MAC address has appeared under a name that the rules do not have yet.
    if (before.wan !== now.wan || before.lan !== now.lan) return true;
    // Linux before 6.16 has no flow table with a device that is not there, and takes one that goes away out for good.
    return this.#config.firewall.offload && before.ports.join() !== now.ports.join();
  }

  /** The configuration of when its turn comes: the one of now may be taken back before. */
  #applyAgain(): void {
    void this.#turns
      .follow(() => this.#change(this.#config))
      .catch((error: unknown) => this.#log.warn(`Devices are not followed: ${messageOf(error)}`));
  }

  #wanLinkChanged(link: ObservedLink | undefined): void {
    if (link !== undefined) ignoreRoutesWithoutCarrier(link.name, this.#log);
    this.#wan.linkChanged(link);
    // Servers that were silent while the cable was out are asked again with the next question.
    if (isUsable(link)) this.dns?.retryUpstreams();
  }

  #sideChanged(side: SideName, link: ObservedLink | undefined): void {
    if (side === 'wan') this.#wanLinkChanged(link);
    else if (link !== undefined && this.#lan.isWaiting) this.#applyAgain();
    else void this.#turns.follow(() => this.#announce());
    this.#log.info(
      `The ${side} device ${link === undefined ? 'is not there' : `${link.name} is ${isUsable(link) ? 'connected' : 'not connected'}`}`,
    );
    this.#onChange();
  }
}
