import { counted } from '../../base/counted.ts';
import { KernelError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { Mac } from '../../base/mac.ts';
import type { Config } from '../../config/schema.ts';
import type { Surroundings } from '../../engine/firewall/evaluate/surroundings.ts';
import { NFLOG_GROUP } from '../../engine/firewall/names.ts';
import type { BlockedDevices, FirewallOptions } from '../../engine/firewall/options.ts';
import { mayForbid } from '../../engine/firewall/may-forbid.ts';
import { type RulesOfNow, isStillAllowed, judgeAtSight } from '../../engine/firewall/still-allowed.ts';
import type { Log } from '../../port/log.ts';
import { type Conntrack, openConntrack } from '../../service/conntrack/conntrack.ts';
import type { LeaseView } from '../../engine/dhcp4-server/lease-view.ts';
import { type DropLog, startDropLog } from '../../service/drop-log/drop-log.ts';
import { type Firewall, startFirewall } from '../../service/firewall/firewall.ts';
import { RulesetWatch } from '../../service/firewall/ruleset-watch.ts';
import { NeighbourWatch } from '../../service/neighbours/neighbour-watch.ts';
import { readNeighbours } from '../../service/neighbours/neighbours.ts';
import { DeviceDirectory, type Sighting } from './device-directory.ts';
import type { Devices } from './devices.ts';
import { blockedMacs, firewallOptions } from './narrow.ts';
import type { NetPorts } from './ports.ts';

export interface PacketRulesParts {
  readonly ports: NetPorts;
  readonly devices: Devices;
  readonly leases: () => readonly LeaseView[];
  /** The addresses and routes the box has now. */
  readonly surroundings: () => Promise<Surroundings>;
  /** A blocked device may have another address: {@link PacketRules.follow} would find out. */
  readonly onNeighbours: () => void;
  /** The rules may be others than those that were put in force: {@link PacketRules.restore} would find out. */
  readonly onRuleset: () => void;
}

/** The rules packets meet and the connections that have passed them: what one forbids, the other must not go on with. */
export class PacketRules {
  readonly firewall: Firewall;
  readonly conntrack: Conntrack;
  readonly #parts: PacketRulesParts;
  readonly #log: Log;
  readonly #dropLog: DropLog;
  readonly #neighbours: NeighbourWatch;
  readonly #ruleset: RulesetWatch;
  /** By which neighbours are judged: those of {@link #options}, or of the options that are being made. */
  #watched = { macs: new Set<Mac>(), addresses: new Set<Ipv4 | Ipv6>() };
  #options: FirewallOptions | undefined;
  /** What connections may have begun under since they were last judged; undefined is anything. */
  #former: FirewallOptions[] | undefined;

  constructor(parts: PacketRulesParts) {
    const { ports } = parts;
    this.#parts = parts;
    this.#log = ports.log.logFor('firewall');
    this.firewall = startFirewall(ports.netfilter, this.#log);
    this.conntrack = openConntrack(ports.conntrack);
    this.#neighbours = new NeighbourWatch({
      open: ports.openRoute,
      clock: ports.clock,
      concerns: ({ mac, address }) => this.#watched.macs.has(mac) !== this.#watched.addresses.has(address),
      onChange: parts.onNeighbours,
    });
    this.#ruleset = new RulesetWatch({
      open: ports.openNetfilter,
      clock: ports.clock,
      onChange: parts.onRuleset,
    });
    this.#dropLog = startDropLog(ports.dropped, {
      group: NFLOG_GROUP,
      clock: ports.clock,
      log: this.#log,
      deviceName: (index) => parts.devices.ofIndex(index)?.name,
    });
  }

  /** The rules stay; nothing is told of them any more. */
  stop(): void {
    this.#dropLog.stop();
    this.#neighbours.stop();
    this.#ruleset.stop();
  }

  /** Nothing but the management from the LAN passes until {@link apply}; to be called before there is any address. */
  async protect(config: Config): Promise<void> {
    const { lan } = firewallOptions(config, this.#parts.devices.names(config));
    await this.firewall.protect({ lan, lanServices: [] });
  }

  /** What the rules are made from now. */
  async options(config: Config): Promise<FirewallOptions> {
    const names = this.#parts.devices.names(config);
    return firewallOptions(config, names, await this.#blocked(config));
  }

  /** Brings the kernel to the rules of a configuration; says whether they changed. @throws KernelError, UserError */
  async apply(config: Config): Promise<'unchanged' | 'changed' | 'replaced'> {
    this.#watch(config);
    const options = await this.options(config);
    this.#watched.addresses = new Set(options.blocked.addresses);
    const { outcome } = await this.firewall.apply(options);
    if (this.#options !== undefined && outcome !== 'unchanged') this.#former?.push(this.#options);
    this.#options = options;
    this.#watchRuleset();
    return outcome;
  }

  /** Not before the rules are in force for the first time: they are what is watched. */
  #watchRuleset(): void {
    try {
      this.#ruleset.start();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#log.warn(`Nobody would notice another program that changes the firewall: ${error.message}`);
    }
  }

  /** Puts the rules in force again if another program has changed or removed them, and ends what passed meanwhile. */
  async restore(config: Config): Promise<void> {
    if ((await this.apply(config)) === 'unchanged') return;
    this.#log.notice('Put right the firewall, which another program had changed');
    this.#former = undefined;
    await this.endForbidden();
  }

  /** A device that is blocked may give itself an address at any time, and nobody but the kernel hears of it. */
  #watch(config: Config): void {
    const macs = new Set(blockedMacs(config));
    this.#watched = { macs, addresses: new Set() };
    if (macs.size === 0) return this.#neighbours.stop();
    try {
      this.#neighbours.start();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#log.warn(`Blocked devices are found under the addresses of leases only: ${error.message}`);
    }
  }

  /** A blocked device may have another address now. */
  async follow(config: Config): Promise<void> {
    const before = JSON.stringify(addressesOf(this.#options?.blocked));
    if (config.firewall.blockedDevices.length === 0) return;
    const { addresses } = await this.#blocked(config);
    if (JSON.stringify(addressesOf({ macs: [], addresses })) === before) return;
    await this.apply(config);
    await this.endForbidden();
  }

  /** Ends the connections that the rules of now would not let begin; nobody is asked if there can be none. */
  async endForbidden(): Promise<void> {
    const options = this.#options;
    if (options === undefined) return;
    const isNeeded = this.#former?.some((former) => mayForbid(former, options)) ?? true;
    if (isNeeded) {
      const ruleset = this.firewall.rulesetOf(options);
      const surroundings = await this.#parts.surroundings();
      const blockedAddresses = new Set(options.blocked.addresses);
      if (!(await this.#endCondemned({ options, blockedAddresses, ruleset, surroundings }))) return;
    }
    this.#former = [];
  }

  /** False if it failed. */
  #endCondemned(rules: RulesOfNow): Promise<boolean> {
    const { clock } = this.#parts.ports;
    return this.#end('no longer allowed', () =>
      this.conntrack.endCondemned({
        isSuspect: (flow) => judgeAtSight(flow, rules) !== true,
        isCondemned: (flow) => !isStillAllowed(flow, rules),
        pause: () => new Promise((resolve) => clock.wake(clock.now(), resolve)),
      }),
    );
  }

  /** Ends the connections under addresses that the WAN no longer has, and those that never got one. */
  async endStale(config: Config, oldAddresses: readonly Ipv4[]): Promise<void> {
    const translates = config.mode === 'firewall' || config.mode === 'firewall-dmz';
    const lan = translates ? [config.lan.address] : [];
    await this.#end('under an address the WAN no longer has', () =>
      this.conntrack.endStaleNat({ oldAddresses, lan }),
    );
  }

  /** Every machine of the LAN by what is known of it: the owner's word first, then leases, then neighbours. */
  async directory(config: Config): Promise<DeviceDirectory> {
    const reserved = config.dhcp.reservations.flatMap(({ mac, address, name }): Sighting[] =>
      mac === null ? [] : [{ mac, address, name: name ?? undefined }],
    );
    const leased = this.#parts
      .leases()
      .flatMap(({ mac, address, name }): Sighting[] => (mac === undefined ? [] : [{ mac, address, name }]));
    const lan = this.#parts.devices.find(this.#parts.devices.names(config).lan)?.index;
    const neighbours = (await readNeighbours(this.#parts.ports.route))
      .filter(({ index }) => index === lan)
      .map(({ mac, address }) => ({ mac, address, name: undefined }));
    return new DeviceDirectory([...reserved, ...leased, ...neighbours], config.system.domain);
  }

  async #blocked(config: Config): Promise<BlockedDevices> {
    const macs = blockedMacs(config);
    if (macs.length === 0) return { macs, addresses: [] };
    const directory = await this.directory(config);
    const holders = this.#holders();
    const addresses = macs.flatMap((mac: Mac) =>
      (directory.ofMac(mac)?.addresses ?? []).filter((address) => (holders.get(address) ?? mac) === mac),
    );
    return { macs, addresses };
  }

  /**
   * Who has an address now. The kernel remembers the neighbours of a small LAN for good: without this, whoever is given
   * the former address of a blocked device would get no answers.
   */
  #holders(): ReadonlyMap<Ipv4 | Ipv6, Mac> {
    const bound = this.#parts.leases().filter(({ state }) => state === 'bound');
    return new Map(bound.flatMap(({ address, mac }) => (mac === undefined ? [] : [[address, mac]])));
  }

  /** The rules are in force whatever becomes of the connections, so a failure is told and no more. */
  async #end(why: string, action: () => Promise<number>): Promise<boolean> {
    try {
      const ended = await action();
      if (ended > 0) this.#log.info(`Ended ${counted(ended, 'connection')} ${why}`);
      return true;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#log.warn(`Connections ${why} go on: ${error.message}`);
      return false;
    }
  }
}

/** In an order that does not depend on which was seen first. */
function addressesOf(blocked: BlockedDevices | undefined): readonly string[] {
  return (blocked?.addresses ?? []).map(String).toSorted();
}
