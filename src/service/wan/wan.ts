import type { Ipv4 } from '../../base/ipv4.ts';
import { DhcpUplink } from './dhcp-uplink.ts';
import { GatewayMonitor } from './gateway-monitor.ts';
import { InternetMonitor, type InternetTarget } from './internet-monitor.ts';
import type { ProbeTarget } from './gateway-probe.ts';
import { StaticUplink } from './static-uplink.ts';
import type { Change, Uplink } from './uplink.ts';
import type { WanAddress, WanLink, WanOptions, WanPorts, WanState } from './wan-state.ts';

export interface WanStart extends WanOptions {
  readonly link: WanLink;
  /** IPv4 addresses the kernel has on the device: after a restart of this program they are adopted, not dropped. */
  readonly configured: readonly Ipv4[];
}

export interface WanCallbacks {
  /**
   * Called at once after every change, also from within {@link startWan}. With `address`, what is to be configured on the device
   * (`state.address`) is another than before, or none any more.
   */
  onChange(state: WanState, change: Change): void;
  /** The router that the Internet is behind, which is the one to watch: not every one that a provider names is used. */
  routerOf(address: WanAddress): Ipv4 | undefined;
}

export interface Wan {
  /** The device got or lost its carrier, appeared or disappeared. */
  linkChanged(link: WanLink): void;
  status(): WanState;
  /** Other settings; the same again change nothing. */
  reconfigure(options: WanOptions): Promise<void>;
  /** With `release` the address is given back and reported gone; without, the kernel keeps it for the next start. */
  stop(options: { readonly release: boolean }): Promise<void>;
}

/** Gets the box its address on the WAN and watches its gateway. A missing device is waited for by {@link Wan.linkChanged}. */
export async function startWan(start: WanStart, ports: WanPorts, callbacks: WanCallbacks): Promise<Wan> {
  const { link, configured, ...options } = start;
  const service = new WanService({ options, link }, ports, callbacks);
  await service.start(configured);
  return service;
}

class WanService implements Wan {
  readonly #ports: WanPorts;
  readonly #callbacks: WanCallbacks;
  readonly #monitor: GatewayMonitor;
  readonly #internet: InternetMonitor;
  #options: WanOptions;
  #link: WanLink;
  #uplink: Uplink | undefined;
  /** Reconfigurations come one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    initial: { readonly options: WanOptions; readonly link: WanLink },
    ports: WanPorts,
    callbacks: WanCallbacks,
  ) {
    this.#options = initial.options;
    this.#link = initial.link;
    this.#ports = ports;
    this.#callbacks = callbacks;
    this.#monitor = new GatewayMonitor(ports, () => this.#changed('status'));
    this.#internet = new InternetMonitor(ports, () => this.#changed('status'));
  }

  async start(configured: readonly Ipv4[]): Promise<void> {
    const { device, method } = this.#options;
    if (method.kind === 'static') {
      this.#uplink = new StaticUplink(method);
      this.#changed('address');
      return;
    }
    const uplink = new DhcpUplink(
      {
        device,
        hostName: method.hostName,
        onChange: (change) => {
          if (this.#uplink === uplink) this.#changed(change);
        },
      },
      this.#ports,
    );
    this.#uplink = uplink;
    await uplink.start(() => this.#link, configured);
  }

  linkChanged(link: WanLink): void {
    if (link.up === this.#link.up && link.mac === this.#link.mac) return;
    this.#link = link;
    this.#uplink?.linkChanged(link);
    this.#changed('status');
  }

  status(): WanState {
    const uplink = this.#uplink;
    return {
      device: this.#options.device,
      method: this.#options.method.kind,
      phase: uplink?.phase ?? 'STOPPED',
      link: this.#link,
      address: uplink?.address,
      lease: uplink?.lease,
      gateway: { ...this.#monitor.health, gateway: this.#router },
      internet: this.#internet.health,
      conflict: uplink?.conflict,
      trouble: uplink?.trouble,
      storeProblem: uplink?.storeProblem,
    };
  }

  reconfigure(options: WanOptions): Promise<void> {
    const done = this.#turn.then(() => this.#reconfigure(options));
    // What became of one is no reason to refuse the next.
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #reconfigure(options: WanOptions): Promise<void> {
    const before = this.#options;
    // What else the owner changed may lead packets to another router.
    this.#monitor.watch(this.#probeTarget());
    if (isSame(options, before)) return;
    if (before.device !== options.device || !isSame(before.method, options.method)) {
      await this.#replaceUplink(options);
      return;
    }
    this.#options = options;
    this.#changed('status');
  }

  async #replaceUplink(options: WanOptions): Promise<void> {
    const before = this.#options;
    const address = this.#uplink?.address?.prefix.address;
    const sameDevice = before.device === options.device;
    const staysDhcp = sameDevice && before.method.kind === 'dhcp' && options.method.kind === 'dhcp';
    await this.#uplink?.stop(!staysDhcp);
    this.#options = options;
    await this.start(staysDhcp && address !== undefined ? [address] : []);
    // Whatever the new uplink reported on the way: without an address, the old one is gone now.
    if (this.#uplink?.address === undefined) this.#changed('address');
  }

  async stop(options: { readonly release: boolean }): Promise<void> {
    await this.#turn;
    await this.#uplink?.stop(options.release);
    this.#monitor.watch(undefined);
    this.#internet.watch(undefined);
    this.#uplink = undefined;
    if (options.release) this.#changed('address');
  }

  #changed(change: Change): void {
    this.#monitor.watch(this.#probeTarget());
    this.#internet.watch(this.#internetTarget());
    this.#callbacks.onChange(this.status(), change);
  }

  #internetTarget(): InternetTarget {
    const source = this.#link.up ? this.#uplink?.address?.prefix.address : undefined;
    return { names: this.#options.timeServers ?? [], source };
  }

  #probeTarget(): ProbeTarget | undefined {
    const { device } = this.#options;
    const { up, mac } = this.#link;
    const [address, gateway] = [this.#uplink?.address, this.#router];
    if (!up || mac === undefined || address === undefined || gateway === undefined) return undefined;
    return { device, gateway, source: address.prefix.address, mac };
  }

  get #router(): Ipv4 | undefined {
    const address = this.#uplink?.address;
    return address === undefined ? undefined : this.#callbacks.routerOf(address);
  }
}

function isSame<T>(a: T, b: T): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
