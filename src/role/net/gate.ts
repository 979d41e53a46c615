import { formatAddress, isIpv4 } from '../../base/address.ts';
import { UserError } from '../../base/errors.ts';
import { type Ipv4, ipv4FromBytes, parseIpv4 } from '../../base/ipv4.ts';
import { type Ipv6, ipv6FromBytes } from '../../base/ipv6.ts';
import { type Mac, tryParseMac } from '../../base/mac.ts';
import { contains4 } from '../../base/prefix.ts';
import { asciiLower } from '../../base/text.ts';
import type { Config } from '../../config/schema.ts';
import { flowStatus } from '../../engine/conntrack/flow-status.ts';
import { selectionOf } from '../../engine/conntrack/selection.ts';
import { describeFirewall } from '../../engine/firewall/describe.ts';
import { explain } from '../../engine/firewall/explain.ts';
import type { Box } from '../../port/box.ts';
import type {
  DeviceTraffic,
  ExplainAnswer,
  ExplainQuestion,
  FirewallView,
  FlowFilter,
  FlowListing,
} from '../../port/gate-status.ts';
import type { AddressTraffic } from '../../service/firewall/firewall-state.ts';
import type { DeviceDirectory, LanDevice } from './device-directory.ts';
import { blockedMacs } from './narrow.ts';
import type { NetServices } from './services.ts';

/** Changes one list of the configuration in a transaction; gives back what changed. */
export type ChangeList = (
  path: readonly string[],
  change: (entries: readonly unknown[]) => readonly unknown[],
  cause: string,
) => Promise<readonly string[]>;

/** Lists of connections made at one time; further callers are refused until one is done. */
const MAX_LISTINGS = 4;

/** A reservation as far as it matters here; what else the owner wrote stays as it is. */
interface WrittenReservation {
  readonly mac?: string | null;
  readonly address: string;
}

type GateCalls = Pick<
  Box,
  'flows' | 'endFlows' | 'firewall' | 'explain' | 'blockDevice' | 'unblockDevice' | 'endLease' | 'pinLease'
>;

/** The part of the box behind the control API that is about packets, devices and leases. */
export class Gate implements GateCalls {
  readonly #services: NetServices;
  readonly #changeList: ChangeList;
  readonly #listings = new Map<string, Promise<FlowListing>>();

  constructor(services: NetServices, changeList: ChangeList) {
    this.#services = services;
    this.#changeList = changeList;
  }

  /** A long list takes seconds of work: callers who want the same one meanwhile share it, and few different ones are made at a time. */
  flows(filter: FlowFilter): Promise<FlowListing> {
    const key = JSON.stringify([filter.address, filter.port, filter.protocol]);
    const underWay = this.#listings.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#listings.size >= MAX_LISTINGS)
      return Promise.reject(
        new UserError(
          `Cannot list connections now: ${MAX_LISTINGS} lists are being made already; try again in a moment`,
        ),
      );
    const listing = this.#listFlows(filter).finally(() => this.#listings.delete(key));
    this.#listings.set(key, listing);
    return listing;
  }

  async #listFlows(filter: FlowFilter): Promise<FlowListing> {
    const [{ flows, total }, directory] = await Promise.all([
      this.#services.rules.conntrack.list(selectionOf(filter)),
      this.#directory(),
    ]);
    const { config } = this.#services;
    const deviceOf = (address: Ipv4 | Ipv6): string | null =>
      isLanDevice(config, directory, address) ? directory.label(address) : null;
    return { total, flows: flows.map((flow) => flowStatus(flow, deviceOf)) };
  }

  async endFlows(filter: FlowFilter): Promise<number> {
    if (Object.values(filter).every((value) => value === undefined))
      throw new UserError('Cannot end every connection at once: an address, a port or a protocol is wanted');
    return await this.#services.rules.conntrack.end(selectionOf(filter));
  }

  async firewall(): Promise<FirewallView> {
    const { rules, config } = this.#services;
    const [state, directory, options] = await Promise.all([
      rules.firewall.readState(),
      this.#directory(),
      rules.options(config),
    ]);
    return {
      mode: config.mode,
      reduced: rules.firewall.reduced,
      lines: describeFirewall(options, state),
      devices: state.devices.map((traffic) => deviceTraffic(traffic, directory)),
    };
  }

  async explain(question: ExplainQuestion): Promise<ExplainAnswer> {
    const { rules, config } = this.#services;
    const [directory, surroundings, options] = await Promise.all([
      this.#directory(),
      this.#services.surroundings(),
      rules.options(config),
    ]);
    const devices = directory.all.flatMap(({ mac, name, addresses }) =>
      addresses.map((address) => ({ name: name ?? null, address, mac })),
    );
    const ruleset = rules.firewall.rulesetOf(options);
    return explain(question, { options, ruleset, surroundings, devices });
  }

  async blockDevice(device: string): Promise<readonly string[]> {
    const found = (await this.#directory()).find(device);
    if (blockedMacs(this.#services.config).includes(found.mac))
      throw new UserError(`Cannot block ${nameOf(found)}: it is blocked already`);
    return await this.#changeList(
      ['firewall', 'blockedDevices'],
      (entries) => [...entries, found.mac],
      `firewall block ${device}`,
    );
  }

  async unblockDevice(device: string): Promise<readonly string[]> {
    const found = (await this.#directory()).find(device);
    if (!blockedMacs(this.#services.config).includes(found.mac))
      throw new UserError(`Cannot unblock ${nameOf(found)}: it is not blocked`);
    const names = reservedNames(this.#services.config.dhcp.reservations, found.mac);
    return await this.#changeList(
      ['firewall', 'blockedDevices'],
      (entries) =>
        entries.filter((entry) => {
          const text = String(entry);
          return tryParseMac(text) !== found.mac && !names.includes(asciiLower(text));
        }),
      `firewall unblock ${device}`,
    );
  }

  endLease(address: string): Promise<void> {
    this.#dhcp().endLease(parseIpv4(address));
    return Promise.resolve();
  }

  async pinLease(address: string, name: string | undefined): Promise<readonly string[]> {
    const wanted = parseIpv4(address);
    this.#dhcp();
    const lease = this.#services.leases().find((one) => one.address === wanted && one.state === 'bound');
    if (lease === undefined)
      throw new UserError(
        `Cannot pin ${address}: no device has a lease of it; "gatepost leases" lists those there are`,
      );
    // A name that is not the device's now, for another one has it, cannot be reserved for it.
    const isOwn = this.#services.dns?.leaseNameProblem(wanted) === undefined;
    const reservation = { mac: lease.mac, address, name: name ?? (isOwn ? lease.name : undefined) ?? null };
    return await this.#changeList(
      ['dhcp', 'reservations'],
      (entries) => [
        ...(entries as readonly WrittenReservation[]).filter(
          (entry) => entry.address !== address && tryParseMac(entry.mac ?? '') !== lease.mac,
        ),
        reservation,
      ],
      `leases pin ${address}`,
    );
  }

  #directory(): Promise<DeviceDirectory> {
    return this.#services.rules.directory(this.#services.config);
  }

  #dhcp(): NonNullable<NetServices['dhcp']> {
    const { dhcp } = this.#services;
    if (dhcp === undefined)
      throw new UserError('Cannot change a lease: the DHCP server is off or not running');
    return dhcp;
  }
}

/** Whether the address is that of a machine of the office, and not the box's own. */
function isLanDevice({ lan }: Config, directory: DeviceDirectory, address: Ipv4 | Ipv6): boolean {
  if (address === lan.address.address) return false;
  return directory.ofAddress(address) !== undefined || (isIpv4(address) && contains4(lan.address, address));
}

function deviceTraffic({ address, up, down }: AddressTraffic, directory: DeviceDirectory): DeviceTraffic {
  const parsed = address.length === 4 ? ipv4FromBytes(address) : ipv6FromBytes(address);
  const device = directory.ofAddress(parsed);
  return { address: formatAddress(parsed), name: device?.name ?? null, mac: device?.mac ?? null, up, down };
}

function nameOf({ name, mac }: LanDevice): string {
  return name === undefined ? mac : `${name} (${mac})`;
}

/** The names under which the configuration may have a device besides its MAC address. */
function reservedNames(reservations: Config['dhcp']['reservations'], mac: Mac): readonly string[] {
  return reservations.flatMap((one) => (one.mac === mac && one.name !== null ? [asciiLower(one.name)] : []));
}
