import { messageOf } from '../../base/errors.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { type Prefix4, formatPrefix4 } from '../../base/prefix.ts';
import { DNS_PORT } from '../../base/upstream.ts';
import type { Config } from '../../config/schema.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import type { Links } from '../../service/links/links.ts';
import { staticAddress } from '../../service/wan/static-uplink.ts';
import { type Wan, startWan } from '../../service/wan/wan.ts';
import type { WanAddress, WanLink, WanOptions, WanPorts, WanState } from '../../service/wan/wan-state.ts';
import { type Devices, isUsable } from './devices.ts';
import type { WanNames } from './lan-services.ts';
import { dnsUpstreams, wanMethod, wantedLinks } from './narrow.ts';
import type { Notices } from './notices.ts';
import { routerConflict, routerInUse, wanConflict } from './wan-conflict.ts';

/**
 * Addresses remembered whose connections may still have to end; at the cap the oldest is forgotten. More than one takes a kernel
 * that refuses one change after the other.
 */
const MAX_HELD = 16;

type WanSidePorts = Required<Pick<WanPorts, 'clock' | 'random' | 'packets' | 'udp' | 'icmp' | 'runtime'>> & {
  readonly data: Files;
  readonly log: { logFor(source: string): Log };
};

export interface WanSideParts {
  readonly ports: WanSidePorts;
  readonly devices: Devices;
  readonly notices: Notices;
  readonly links: () => Pick<Links, 'apply' | 'snapshot'> | undefined;
  /** The IPv4 addresses of a name, by the box's own resolver. */
  readonly resolve: (name: string) => Promise<readonly Ipv4[]>;
  /** Changes of the address are followed one after the other, and never within another change of the box. */
  readonly inTurn: (action: () => Promise<void>) => Promise<void>;
  /** The links follow the WAN's address of now; those of `former` may have been on the device since this was last called. */
  readonly onAddress: (former: readonly Ipv4[]) => Promise<void>;
  readonly onChange: () => void;
}

/**
 * The WAN and what follows its address: the links first, then whoever else has to know. Only the state of now is ever followed: an
 * address that is another already, by the time its turn comes, is put on no device and told to nobody.
 */
export class WanSide {
  readonly #parts: WanSideParts;
  readonly #log: Log;
  #config: Config;
  #wan: Wan | undefined;
  #hasRun = false;
  #link: WanLink = { up: false, mac: undefined };
  /** Addresses that the device has or may have had, and whose connections have not been ended. */
  readonly #held = new Set<Ipv4>();
  /** Why the address of now is not used as it was given, as far as that is told. */
  #conflict: string | undefined;
  /** The address is another than the last one followed, and the turn to follow it has not come yet. */
  #isOvertaken = false;

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
    const wanted = this.#wantedBy(config);
    if (typeof wanted === 'object') this.#hold(wanted.prefix.address);
    return wanted;
  }

  #wantedBy(config: Config): WanAddress | 'none' | 'unknown' {
    if (config.mode === 'lan-only') return 'none';
    const { state } = this;
    const method = wanMethod(config);
    // The lease is given back first, and that from its address.
    const isLeased = state?.method === 'dhcp' && state.address !== undefined;
    if (method.kind === 'static' && !isLeased) return staticAddress(method);
    if (state === undefined) return this.#hasRun ? 'none' : 'unknown';
    // Another device has another address, and does not know it yet.
    if (state.device !== this.#parts.devices.names(config).wan) return 'none';
    return state.method === 'dhcp' ? (state.address ?? 'none') : 'none';
  }

  /** What the name server has to know. */
  names(config: Config): WanNames {
    const address = this.state?.address;
    const given = config.wan.useProviderDns ? (address?.dnsServers ?? []) : [];
    const provider = given.map(
      (server) => ({ transport: 'udp', endpoint: { address: server, port: DNS_PORT } }) as const,
    );
    return {
      addresses: address === undefined ? [] : [address.prefix.address],
      upstreams: [...dnsUpstreams(config), ...provider],
    };
  }

  /**
   * Gives back what the WAN has where a configuration leaves it none; to be called before the links follow, as a RELEASE leaves from the
   * address. Not for another device: the kernel may refuse to make that, and then the WAN is to go on as it was.
   */
  async leave(config: Config): Promise<void> {
    if (config.mode === 'lan-only') await this.stop({ release: true });
  }

  async apply(config: Config): Promise<void> {
    this.#config = config;
    if (config.mode === 'lan-only') {
      this.#parts.notices.note('wan', undefined);
      if (this.#held.size > 0) await this.#parts.onAddress(this.#former([], true));
      return;
    }
    const device = this.#parts.devices.names(config).wan;
    const options = { device, method: wanMethod(config), timeServers: config.time.servers };
    if (this.#wan === undefined) return await this.#start(options);
    await this.#wan.reconfigure(options);
    this.#noteConflict();
  }

  async #start(options: WanOptions): Promise<void> {
    const snapshot = await this.#parts.links()?.snapshot();
    const link = snapshot?.wan;
    const configured = (snapshot?.addresses ?? [])
      .filter(({ index }) => index === link?.index)
      .map(({ address }) => address);
    for (const address of configured) this.#hold(address);
    this.#link = linkOf(link);
    const { clock, random, packets, udp, icmp, data, runtime, log } = this.#parts.ports;
    const { resolve } = this.#parts;
    const isFirst = !this.#hasRun;
    this.#hasRun = true;
    this.#wan = await startWan(
      { ...options, link: this.#link, configured },
      { clock, random, packets, udp, icmp, files: data, runtime, log: log.logFor('wan'), resolve },
      {
        onChange: (_, change) => this.#changed(change),
        routerOf: (address) => routerInUse(this.#config, address),
      },
    );
    // While it started nobody could tell it of another carrier.
    this.#wan.linkChanged(this.#link);
    // An address that an earlier run left without a lease that can be read is not kept: nobody knows how long it may be.
    if (configured.length > 0 || this.state?.address !== undefined || !isFirst) await this.#follow();
  }

  /** The device with the WAN's address changed; undefined while there is none. */
  linkChanged(link: ObservedLink | undefined): void {
    this.#link = linkOf(link);
    this.#wan?.linkChanged(this.#link);
  }

  async stop(options: { readonly release: boolean }): Promise<void> {
    // An address given up at the end is followed by nobody: that would bring the links back to the configuration.
    const wan = this.#wan;
    this.#wan = undefined;
    await wan?.stop(options);
  }

  #changed(change: 'address' | 'status'): void {
    // From within startWan the service is not known yet; its first address is followed when it has returned.
    if (change === 'address' && this.#wan !== undefined) this.#followInTurn();
    this.#parts.onChange();
  }

  /** However often the address changes while others have their turn, it is followed once. */
  #followInTurn(): void {
    if (this.#isOvertaken) return;
    this.#isOvertaken = true;
    void this.#parts.inTurn(() => this.#follow());
  }

  /** The firewall holds no address of the WAN. */
  async #follow(): Promise<void> {
    this.#isOvertaken = false;
    const state = this.state;
    // Switched off, or the box stops: what its last address left is theirs to take away.
    if (state === undefined) return;
    const { links, notices, onAddress, onChange } = this.#parts;
    const wanted = wantedLinks(this.#config, this.wanted(this.#config)).wan;
    const refusal = await reasonOf(links()?.apply({ wan: wanted }));
    if (this.#isOvertaken) return;
    notices.note('wan', refusal);
    this.#conflict = undefined;
    if (refusal === undefined) this.#noteConflict();
    this.#log.notice(addressText(state));
    await onAddress(this.#former(wanted?.ipv4?.addresses ?? [], refusal === undefined));
    onChange();
  }

  /** What stands in the way of the address may have come or gone with the configuration; a refusal of the kernel stays told. */
  #noteConflict(): void {
    const { notices } = this.#parts;
    if (notices.problems.get('wan') !== this.#conflict) return;
    const address = this.state?.address;
    this.#conflict = address && conflictOf(this.#config, address);
    notices.note('wan', this.#conflict);
  }

  #hold(address: Ipv4): void {
    this.#held.add(address);
    const [oldest] = this.#held;
    if (this.#held.size > MAX_HELD && oldest !== undefined) this.#held.delete(oldest);
  }

  /** The addresses held but not wanted; they are forgotten if they are surely gone from the device. */
  #former(wanted: readonly Prefix4[], areGone: boolean): readonly Ipv4[] {
    const former = [...this.#held].filter((held) => wanted.every(({ address }) => address !== held));
    if (areGone) for (const address of former) this.#held.delete(address);
    return former;
  }
}

/** Why something failed; undefined if it did not. */
async function reasonOf(action: Promise<unknown> | undefined): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function linkOf(link: ObservedLink | undefined): WanLink {
  return { up: isUsable(link), mac: link?.mac };
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
