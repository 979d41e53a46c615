import { messageOf } from '../../base/errors.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { Config } from '../../config/schema.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { Log } from '../../port/log.ts';
import type { Links } from '../../service/links/links.ts';
import { type Wan, startWan } from '../../service/wan/wan.ts';
import type { WanAddress, WanState } from '../../service/wan/wan-state.ts';
import { type Devices, isUsable } from './devices.ts';
import type { WanNames } from './lan-services.ts';
import { dnsUpstreams, wanMethod, wantedLinks } from './narrow.ts';
import type { Notices } from './notices.ts';
import type { NetPorts } from './ports.ts';
import { routerConflict, routerInUse, wanConflict } from './wan-conflict.ts';

export interface WanSideParts {
  readonly ports: NetPorts;
  readonly devices: Devices;
  readonly notices: Notices;
  readonly links: () => Links | undefined;
  /** The IPv4 addresses of a name, by the box's own resolver. */
  readonly resolve: (name: string) => Promise<readonly Ipv4[]>;
  /** Changes of the address are followed one after the other, and never within another change of the box. */
  readonly inTurn: (action: () => Promise<void>) => Promise<void>;
  /** The WAN has another address than `before`, or none, and the links follow it already. */
  readonly onAddress: (before: Ipv4 | undefined) => Promise<void>;
  readonly onChange: () => void;
}

/** The WAN and what follows its address: the links first, then whoever else has to know. */
export class WanSide {
  readonly #parts: WanSideParts;
  readonly #log: Log;
  #config: Config;
  #wan: Wan | undefined;
  /** The address that is configured. */
  #address: Ipv4 | undefined;

  constructor(parts: WanSideParts, config: Config) {
    this.#parts = parts;
    this.#config = config;
    this.#log = parts.ports.log.logFor('net');
  }

  get state(): WanState | undefined {
    return this.#wan?.status();
  }

  /** What the links are to have; `unknown` is a run that has not asked for an address yet, and adopts what is there. */
  wanted(config: Config): WanAddress | 'none' | 'unknown' {
    if (config.mode === 'lan-only') return 'none';
    // Another device has another address, and does not know it yet.
    if (this.state !== undefined && this.state.device !== this.#parts.devices.names(config).wan)
      return 'none';
    return this.state?.address ?? (this.#wan === undefined ? 'unknown' : 'none');
  }

  /** What the name server has to know. */
  names(config: Config): WanNames {
    const address = this.state?.address;
    const given = config.wan.useProviderDns ? (address?.dnsServers ?? []) : [];
    const provider = given.map(
      (server) => ({ transport: 'udp', endpoint: { address: server, port: 53 } }) as const,
    );
    return {
      addresses: address === undefined ? [] : [address.prefix.address],
      upstreams: [...dnsUpstreams(config), ...provider],
    };
  }

  async apply(config: Config): Promise<void> {
    this.#config = config;
    if (config.mode === 'lan-only') {
      await this.#wan?.stop({ release: true });
      this.#wan = undefined;
      const before = this.#address;
      this.#address = undefined;
      if (before !== undefined) await this.#parts.onAddress(before);
      return;
    }
    const device = this.#parts.devices.names(config).wan;
    const options = { device, method: wanMethod(config), timeServers: config.time.servers };
    if (this.#wan !== undefined) return await this.#wan.reconfigure(options);
    const snapshot = await this.#parts.links()?.snapshot();
    const link = snapshot?.wan;
    const configured = (snapshot?.addresses ?? [])
      .filter(({ index }) => index === link?.index)
      .map(({ address }) => address);
    const { clock, random, packets, udp, icmp, data, runtime, log } = this.#parts.ports;
    const { resolve } = this.#parts;
    this.#wan = await startWan(
      { ...options, link: { up: isUsable(link), mac: link?.mac }, configured },
      { clock, random, packets, udp, icmp, files: data, runtime, log: log.logFor('wan'), resolve },
      {
        onChange: (state, change) => this.#changed(state, change),
        routerOf: (address) => routerInUse(this.#config, address),
      },
    );
    if (this.state?.address !== undefined) await this.#follow(this.#wan.status());
  }

  /** The device with the WAN's address changed; undefined while there is none. */
  linkChanged(link: ObservedLink | undefined): void {
    this.#wan?.linkChanged({ up: isUsable(link), mac: link?.mac });
  }

  async stop(options: { readonly release: boolean }): Promise<void> {
    // An address given up at the end is followed by nobody: that would bring the links back to the configuration.
    const wan = this.#wan;
    this.#wan = undefined;
    await wan?.stop(options);
  }

  #changed(state: WanState, change: 'address' | 'status'): void {
    // From within startWan the service is not known yet; its first address is followed when it has returned.
    if (change === 'address' && this.#wan !== undefined) void this.#parts.inTurn(() => this.#follow(state));
    this.#parts.onChange();
  }

  /** The firewall holds no address of the WAN. */
  async #follow(state: WanState): Promise<void> {
    const { address } = state;
    const { links, notices, onAddress, onChange } = this.#parts;
    try {
      await links()?.apply({ wan: wantedLinks(this.#config, address ?? 'none').wan });
      notices.note('wan', address === undefined ? undefined : conflictOf(this.#config, address));
    } catch (error) {
      notices.note('wan', messageOf(error));
    }
    this.#log.notice(addressText(state));
    const before = this.#address;
    this.#address = address?.prefix.address;
    await onAddress(before === this.#address ? undefined : before);
    onChange();
  }
}

function conflictOf(config: Config, address: WanAddress): string | undefined {
  return wanConflict(config, address) ?? routerConflict(config, address);
}

function addressText({ address, lease }: WanState): string {
  if (address === undefined) return 'The WAN has no address';
  const from =
    lease === undefined ? '' : `, lease from ${formatIpv4(lease.server)} in ${Math.round(lease.took)} ms`;
  return `The WAN has the address ${formatPrefix4(address.prefix)}${from}`;
}
