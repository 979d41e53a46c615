import { ADDRESSES } from './addresses.ts';
import { Isp, type IspOptions } from './isp.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { Pc } from './pc.ts';
import { World } from './world.ts';

/** The provider's end of the cable to the box where `wan` is a VLAN device on it. */
const LINE = 'line';

/** The namespaces of the default topology. `switch` is the office's Ethernet switch and has no address. */
export interface Hosts {
  readonly isp: Namespace;
  readonly world: Namespace;
  readonly box: Namespace;
  readonly switch: Namespace;
  readonly pc1: Namespace;
  readonly pc2: Namespace;
}

export interface OfficeOptions extends IspOptions {
  /** The 802.1Q tag that the provider wants on the line to the box, where nothing is untagged then. */
  readonly tag?: number;
}

/**
 * The default topology, everything running but the box and the DHCP clients, which the caller starts:
 *
 *     world ---core isp wan---wan0 box lan0---switch---eth0 pc1, eth0 pc2
 */
export class Office implements AsyncDisposable {
  readonly lab: Lab;
  readonly hosts: Hosts;
  readonly isp: Isp;
  readonly world: World;
  /** Configured by ISC dhclient. */
  readonly pc1: Pc;
  /** Configured by BusyBox udhcpc. */
  readonly pc2: Pc;

  private constructor(lab: Lab, hosts: Hosts, isp: Isp, world: World) {
    this.lab = lab;
    this.hosts = hosts;
    this.isp = isp;
    this.world = world;
    this.pc1 = new Pc(hosts.pc1, 'dhclient');
    this.pc2 = new Pc(hosts.pc2, 'udhcpc');
  }

  static async create(options: OfficeOptions = {}): Promise<Office> {
    const lab = new Lab();
    try {
      const hosts = await layOut(lab, options.tag);
      const isp = await Isp.start(hosts.isp, options);
      return new Office(lab, hosts, isp, await World.start(hosts.world));
    } catch (error) {
      lab.remove();
      throw error;
    }
  }

  /** Plugs both PCs in; they have their leases then. */
  async plugIn(): Promise<void> {
    for (const pc of [this.pc1, this.pc2]) {
      pc.start();
      await pc.lease();
    }
  }

  /** The provider wants this tag from now on, also on a line that is laid anew. */
  async provide(tag: number): Promise<void> {
    const { isp } = this.hosts;
    await isp.run(['ip', 'link', 'delete', 'wan']);
    await addTagged(isp, tag);
    await isp.ip('addr', 'add', `${ADDRESSES.isp}/24`, 'dev', 'wan');
  }

  get box(): Namespace {
    return this.hosts.box;
  }

  remove(): void {
    this.lab.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.remove();
  }
}

async function layOut(lab: Lab, tag: number | undefined): Promise<Hosts> {
  const hosts = {
    isp: await lab.namespace('isp'),
    world: await lab.namespace('world'),
    box: await lab.namespace('box'),
    switch: await lab.namespace('switch'),
    pc1: await lab.namespace('pc1'),
    pc2: await lab.namespace('pc2'),
  };
  await lab.cable(
    { namespace: hosts.isp, device: tag === undefined ? 'wan' : LINE },
    { namespace: hosts.box, device: 'wan0', mac: ADDRESSES.boxWanMac },
  );
  if (tag !== undefined) await addTagged(hosts.isp, tag);
  await lab.cable({ namespace: hosts.isp, device: 'core' }, { namespace: hosts.world, device: 'eth0' });
  await lab.cable(
    { namespace: hosts.switch, device: 'box' },
    { namespace: hosts.box, device: 'lan0', mac: ADDRESSES.boxLanMac },
  );
  for (const [name, mac] of [
    ['pc1', ADDRESSES.pc1Mac],
    ['pc2', ADDRESSES.pc2Mac],
  ] as const)
    await lab.cable(
      { namespace: hosts.switch, device: name },
      { namespace: hosts[name], device: 'eth0', mac },
    );
  await lab.bridge(hosts.switch, 'br0', ['box', 'pc1', 'pc2']);
  await addressInternet(hosts);
  return hosts;
}

/** `wan` of the provider as a VLAN device. */
async function addTagged(isp: Namespace, tag: number): Promise<void> {
  await isp.ip('link', 'add', 'link', LINE, 'name', 'wan', 'type', 'vlan', 'id', String(tag));
  await isp.ip('link', 'set', 'dev', 'wan', 'up');
}

async function addressInternet({ isp, world }: Hosts): Promise<void> {
  await isp.ip('addr', 'add', `${ADDRESSES.isp}/24`, 'dev', 'wan');
  await isp.ip('addr', 'add', `${ADDRESSES.worldGateway}/24`, 'dev', 'core');
  await isp.sysctl('net.ipv4.ip_forward', 1);
  await world.ip('addr', 'add', `${ADDRESSES.world}/24`, 'dev', 'eth0');
  await world.ip('route', 'add', 'default', 'via', ADDRESSES.worldGateway);
  world.resolver([ADDRESSES.worldGateway]);
}
