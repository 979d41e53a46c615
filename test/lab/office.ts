import { ADDRESSES } from './addresses.ts';
import { Isp, type IspOptions } from './isp.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { Pc } from './pc.ts';
import { World } from './world.ts';

/** The namespaces of the default topology. `switch` is the office's Ethernet switch and has no address. */
export interface Hosts {
  readonly isp: Namespace;
  readonly world: Namespace;
  readonly box: Namespace;
  readonly switch: Namespace;
  readonly pc1: Namespace;
  readonly pc2: Namespace;
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

  static async create(options: IspOptions = {}): Promise<Office> {
    const lab = new Lab();
    try {
      const hosts = await layOut(lab);
      const isp = await Isp.start(hosts.isp, options);
      return new Office(lab, hosts, isp, await World.start(hosts.world));
    } catch (error) {
      lab.remove();
      throw error;
    }
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

async function layOut(lab: Lab): Promise<Hosts> {
  const hosts = {
    isp: await lab.namespace('isp'),
    world: await lab.namespace('world'),
    box: await lab.namespace('box'),
    switch: await lab.namespace('switch'),
    pc1: await lab.namespace('pc1'),
    pc2: await lab.namespace('pc2'),
  };
  await lab.cable(
    { namespace: hosts.isp, device: 'wan' },
    { namespace: hosts.box, device: 'wan0', mac: ADDRESSES.boxWanMac },
  );
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

async function addressInternet({ isp, world }: Hosts): Promise<void> {
  await isp.ip('addr', 'add', `${ADDRESSES.isp}/24`, 'dev', 'wan');
  await isp.ip('addr', 'add', `${ADDRESSES.worldGateway}/24`, 'dev', 'core');
  await isp.sysctl('net.ipv4.ip_forward', 1);
  await world.ip('addr', 'add', `${ADDRESSES.world}/24`, 'dev', 'eth0');
  await world.ip('route', 'add', 'default', 'via', ADDRESSES.worldGateway);
  world.resolver([ADDRESSES.worldGateway]);
}
