import { type Duration, Milliseconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { after } from '../../../src/base/instant.ts';
import { type Ipv4, formatIpv4 } from '../../../src/base/ipv4.ts';
import { readConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import type { ObservedLink } from '../../../src/engine/links/observed.ts';
import type { WantedLinks } from '../../../src/engine/links/wanted.ts';
import { RingLog } from '../../../src/io/log/ring-log.ts';
import { Devices } from '../../../src/role/net/devices.ts';
import { wantedLinks } from '../../../src/role/net/narrow.ts';
import { Notices } from '../../../src/role/net/notices.ts';
import { WanSide } from '../../../src/role/net/wan-side.ts';
import type { LinksSnapshot } from '../../../src/service/links/links.ts';
import type { UdpPort, UdpSocket } from '../../../src/port/udp.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { observedLink } from '../../fake/observed-link.ts';
import { BOX_MAC, Provider } from '../../service/wan/provider.ts';

export const DHCP = readConfig({ version: 1 });
export const LAN_ONLY = readConfig({ version: 1, mode: 'lan-only' });

export function staticWan(address: string): Config {
  const ipv4 = { method: 'static', address, gateway: '203.0.113.1' };
  return readConfig({ version: 1, wan: { ipv4 } });
}

/** A kernel that takes its time over every change. */
class SlowKernel {
  readonly #clock: FakeClock;
  readonly #links: ReadonlyMap<string, ObservedLink>;
  #device = '';
  addresses: readonly Ipv4[] = [];
  /** Every state the WAN device had, in order: its addresses. */
  readonly history: string[] = [];
  /** Addresses under which there may be connections: they begin as soon as the device has an address. */
  readonly connections = new Set<Ipv4>();
  takes: Duration = Milliseconds(0);
  refuses = false;

  constructor(clock: FakeClock, links: ReadonlyMap<string, ObservedLink>) {
    this.#clock = clock;
    this.#links = links;
  }

  async apply({ wan }: WantedLinks): Promise<readonly never[]> {
    const clock = this.#clock;
    if (this.takes > 0)
      await new Promise<void>((resolve) => void clock.wake(after(clock.now(), this.takes), resolve));
    if (this.refuses) throw new KernelError('add an address', 'ENOBUFS');
    this.#device = wan?.device ?? '';
    if (wan?.ipv4 === undefined) return [];
    this.addresses = wan.ipv4.addresses.map(({ address }) => address);
    this.use();
    const shown = this.addresses.map(formatIpv4).join() || 'none';
    if (shown !== (this.history.at(-1) ?? 'none')) this.history.push(shown);
    return [];
  }

  use(): void {
    for (const address of this.addresses) this.connections.add(address);
  }

  async snapshot(): Promise<LinksSnapshot> {
    const link = this.#links.get(this.#device);
    const addresses = this.addresses.map((address) => ({
      index: link?.index ?? 0,
      address,
      length: 24,
      peer: address,
      protocol: undefined,
    }));
    return { links: [], addresses, routes: [], lan: undefined, wan: link, missing: [] };
  }
}

/** The WAN's side of the box with a kernel and a provider of the test's own, and everything else that has its turns. */
export class WanStage {
  readonly clock = new FakeClock();
  readonly provider = new Provider();
  readonly data = new MemoryFiles();
  readonly log = new RingLog({ clock: this.clock, print: () => undefined });
  readonly notices = new Notices(this.clock, this.log.logFor('net'), () => undefined);
  readonly #links = new Map<string, ObservedLink>();
  readonly kernel = new SlowKernel(this.clock, this.#links);
  /** How often connections were looked through. */
  endings = 0;
  readonly devices = new Devices();
  readonly side: WanSide;
  /** What the name server was told last. */
  named = 'none';
  config: Config;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: Config) {
    this.config = config;
    this.side = new WanSide(
      {
        ports: {
          clock: this.clock,
          random: new FakeRandom(),
          packets: this.provider,
          udp: { bind: async (local, onDatagram) => this.#bind(local, onDatagram) },
          icmp: this.provider,
          data: this.data,
          runtime: new MemoryFiles(),
          log: this.log,
        },
        devices: this.devices,
        notices: this.notices,
        links: () => this.kernel,
        resolve: async () => [],
        inTurn: (action) => this.inTurn(action),
        onAddress: async (former) => {
          this.endings++;
          this.named = this.side.names(this.config).addresses.map(formatIpv4).join() || 'none';
          for (const address of former) this.kernel.connections.delete(address);
          this.kernel.use();
        },
        onChange: () => undefined,
      },
      config,
    );
    this.plug(BOX_MAC);
  }

  /** What the WAN says of itself. */
  get address(): string {
    const address = this.side.state?.address?.prefix.address;
    return address === undefined ? 'none' : formatIpv4(address);
  }

  get configured(): string {
    return this.kernel.addresses.map(formatIpv4).join() || 'none';
  }

  inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** A cable with this hardware address of the device; none without. */
  plug(mac: ObservedLink['mac'], carrier = true): void {
    const link = observedLink(2, 'wan0', { mac, carrier });
    this.#links.set('wan0', link);
    this.devices.set('wan0', link);
    this.side.linkChanged(link);
  }

  /** Brings all to a configuration; one that a service behind the WAN refuses is taken back. */
  apply(config: Config, isRefused = false): Promise<void> {
    return this.inTurn(async () => {
      const before = this.config;
      await this.#applyAll(config);
      if (isRefused) await this.#applyAll(before);
    });
  }

  async #applyAll(config: Config): Promise<void> {
    this.config = config;
    await this.side.leave(config);
    await this.kernel.apply(wantedLinks(config, this.side.wanted(config)));
    await this.side.apply(config);
  }

  /** No message leaves from an address that is not there. */
  async #bind(...[local, onDatagram]: Parameters<UdpPort['bind']>): Promise<UdpSocket> {
    if (this.kernel.addresses.every((address) => address !== local.address))
      throw new KernelError('open a socket', 'EADDRNOTAVAIL');
    return await this.provider.udp.bind(local, onDatagram);
  }

  async wait(by: Duration): Promise<void> {
    await this.clock.advance(by);
  }
}
