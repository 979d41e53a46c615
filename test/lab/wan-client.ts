import { mkdirSync } from 'node:fs';
import { formatIpv4, type Ipv4 } from '../../src/base/ipv4.ts';
import type { Mac } from '../../src/base/mac.ts';
import { formatPrefix4, parsePrefix4 } from '../../src/base/prefix.ts';
import type { ObservedLink } from '../../src/engine/links/observed.ts';
import type { WantedLinks } from '../../src/engine/links/wanted.ts';
import { RawSocketIcmp } from '../../src/io/linux/icmp.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import type { LinuxPacketPort } from '../../src/io/linux/packet.ts';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { NodeUdp } from '../../src/io/node/udp.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import type { NetlinkSession } from '../../src/port/netlink-session.ts';
import { type Links, startLinks } from '../../src/service/links/links.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import type { WanAddress, WanState } from '../../src/service/wan/wan-state.ts';
import { startWan, type Wan } from '../../src/service/wan/wan.ts';
import { decodeEchoReply, encodeEchoRequest } from '../../src/wire/icmp/echo.ts';
import { runCommand } from './run-command.ts';
import { waitFor } from './wait-for.ts';

const EVERYWHERE = parsePrefix4('0.0.0.0/0');

export interface WanClientOptions {
  readonly device: string;
  /** Its data directory. */
  readonly directory: string;
  readonly packets: LinuxPacketPort;
  readonly hostName?: string;
  /** Names of time servers, and where they are. */
  readonly timeServers?: ReadonlyMap<string, Ipv4>;
}

/** The box's WAN and nothing else: its services on the real kernel, one device of the network namespace of the test. */
export class WanClient {
  readonly device: string;
  readonly log: RingLog;
  readonly #options: WanClientOptions;
  readonly #session: NetlinkSession;
  readonly #clock = new NodeClock();
  /** Phases as they were told, each once in a row. */
  readonly phases: string[] = [];
  #links: Links | undefined;
  #wan: Wan | undefined;
  #mac: Mac | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WanClientOptions) {
    this.device = options.device;
    this.#options = options;
    this.log = new RingLog({ clock: this.#clock, print: () => undefined });
    this.#session = openNetlinkSession(linuxNetlink, NETLINK.ROUTE);
  }

  async start(): Promise<void> {
    const { device, directory, packets, hostName, timeServers = new Map<string, Ipv4>() } = this.#options;
    mkdirSync(directory, { recursive: true });
    const links = await startLinks(this.#session, this.#clock, {
      onLink: () => undefined,
      onSide: (_side, link) => this.#wan?.linkChanged(linkOf(link)),
      onMissing: () => undefined,
      onRepair: () => undefined,
      onFailure: (error) => this.log.logFor('links').warn(error.message),
    });
    this.#links = links;
    await links.apply(this.#wanted(undefined));
    const random = new NodeRandom();
    const ports = {
      clock: this.#clock,
      random,
      packets,
      udp: new NodeUdp(),
      icmp: new RawSocketIcmp({ encodeRequest: encodeEchoRequest, decodeReply: decodeEchoReply }, random),
      files: nodeFiles(directory),
      log: this.log.logFor('wan'),
      resolve: async (name: string) => [timeServers.get(name)].filter((one) => one !== undefined),
    };
    const { wan, addresses } = await links.snapshot();
    const configured = addresses.filter(({ index }) => index === wan?.index).map(({ address }) => address);
    this.#wan = await startWan(
      {
        device,
        method: { kind: 'dhcp', hostName },
        timeServers: [...timeServers.keys()],
        link: linkOf(wan),
        configured,
      },
      ports,
      { onChange: (state) => this.#changed(state), routerOf: ({ gateway }) => gateway },
    );
    this.#changed(this.#wan.status());
  }

  get state(): WanState {
    if (this.#wan === undefined) throw new Error('The WAN has not been started');
    return this.#wan.status();
  }

  /** The address the services want, with prefix length; none while there is none. */
  get address(): string {
    const { address } = this.state;
    return address === undefined ? 'none' : formatPrefix4(address.prefix);
  }

  /** Waits until the kernel has this address on the device, by the reference tool, or none. */
  async configured(address: string): Promise<void> {
    await this.#until(`the address ${address}`, async () => (await this.#kernelAddress()) === address);
  }

  /** Waits for any address, and returns it. */
  lease(): Promise<string> {
    return this.#until('a lease', async () => {
      const found = await this.#kernelAddress();
      return found === 'none' || found !== this.address ? undefined : found;
    });
  }

  phase(wanted: string): Promise<unknown> {
    return this.#until(wanted, () => this.state.phase === wanted);
  }

  /** Waits until the box knows of a conflict for this address, and returns with whom. */
  async conflict(address: string): Promise<string> {
    return await this.#until(`a conflict for ${address}`, () => {
      const { conflict } = this.state;
      return conflict !== undefined && formatIpv4(conflict.address) === address ? conflict.mac : undefined;
    });
  }

  internet(wanted: string): Promise<unknown> {
    return this.#until(`the Internet ${wanted}`, () => this.state.internet.state === wanted);
  }

  hasRoute(wanted: string): Promise<unknown> {
    return this.#until(wanted, async () => (await this.routes()).includes(wanted));
  }

  /** Waits until it has gone through these phases, one after the other; some last no longer than an answer takes. */
  went(...wanted: readonly string[]): Promise<unknown> {
    return this.#until(`the way ${wanted.join(' ')}`, () =>
      ` ${this.phases.join(' ')} `.includes(` ${wanted.join(' ')} `),
    );
  }

  async reaches(address: string): Promise<boolean> {
    const { status } = await runCommand(['ping', '-n', '-c', '1', '-W', '2', '-I', this.device, address]);
    return status === 0;
  }

  /** `DESTINATION GATEWAY` of the box's routes over the device, as the reference tool has them. */
  async routes(): Promise<string[]> {
    const { stdout } = await runCommand(['ip', '-j', 'route', 'show', 'proto', '71', 'dev', this.device]);
    const all = JSON.parse(stdout === '' ? '[]' : stdout) as { dst: string; gateway?: string }[];
    return all.map(({ dst, gateway }) => `${dst} ${gateway ?? '-'}`).toSorted();
  }

  /** Shows the provider another hardware address, or the device's own again. */
  async clone(mac: Mac | undefined): Promise<void> {
    this.#mac = mac;
    await this.#apply(this.state.address);
  }

  /** Ends the services, and leaves the kernel as it is. */
  async stop(): Promise<void> {
    await this.#wan?.stop({ release: false });
    await this.#turn;
    this.#links?.close();
    this.#session.close();
  }

  async #kernelAddress(): Promise<string> {
    const { stdout } = await runCommand(['ip', '-4', '-o', 'addr', 'show', 'dev', this.device]);
    const found = [...stdout.matchAll(/inet (\S+)/g)].map(([, address]) => address);
    return found.length === 0 ? 'none' : found.join(' and ');
  }

  #until<T>(what: string, probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
    return waitFor(what, probe).catch((error: unknown) => {
      const said = this.log.entries().map(({ text }) => text);
      throw new Error(`${String(error)}; ${this.phases.join(' ')}\n${said.join('\n')}`);
    });
  }

  #changed(state: WanState): void {
    if (this.phases.at(-1) !== state.phase) this.phases.push(state.phase);
    void this.#apply(state.address);
  }

  #apply(address: WanAddress | undefined): Promise<unknown> {
    this.#turn = this.#turn
      .then(() => this.#links?.apply(this.#wanted(address)))
      .catch((error: unknown) => this.log.logFor('links').warn(String(error)));
    return this.#turn;
  }

  #wanted(address: WanAddress | undefined): WantedLinks {
    const side = { device: this.device, up: true, mac: this.#mac };
    // Before the WAN has started, what an earlier run left stays.
    if (this.#wan === undefined) return { wan: side };
    if (address === undefined) return { wan: { ...side, ipv4: { addresses: [], routes: [] } } };
    const { prefix, gateway, routes } = address;
    const others = routes.map(({ destination, router }) =>
      formatIpv4(router) === '0.0.0.0' ? { destination } : { destination, gateway: router },
    );
    const byGateway = gateway === undefined ? [] : [{ destination: EVERYWHERE, gateway }];
    return { wan: { ...side, ipv4: { addresses: [prefix], routes: [...byGateway, ...others] } } };
  }
}

function linkOf(link: ObservedLink | undefined): { up: boolean; mac: Mac | undefined } {
  return { up: link !== undefined && link.up && link.carrier, mac: link?.mac };
}
