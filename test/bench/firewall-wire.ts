import type { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';

export const FIREWALL_WIRE = {
  wan: '203.0.113.50',
  world: '203.0.113.1',
  pc: '192.168.77.11',
  /** Where port forwards lead; behind another device of the box, so that the bare kernel has a way too. */
  device: '192.168.78.20',
  lanNetworks: ['192.168.77.1/24', '192.168.78.1/24'],
} as const;

/** Three hosts with the box between them. */
export interface FirewallWire {
  readonly box: Namespace;
  readonly world: Namespace;
  readonly pc: Namespace;
  readonly device: Namespace;
}

/** `wan0` of the box to the world, `lan0` to a computer and `lan1` to a device; all know the way by routes alone. */
export async function makeFirewallWire(lab: Lab): Promise<FirewallWire> {
  const [box, world, pc, device] = [
    await lab.namespace('box'),
    await lab.namespace('world'),
    await lab.namespace('pc'),
    await lab.namespace('device'),
  ];
  const plug = async (port: string, host: Namespace, own: string, other: string): Promise<void> => {
    await lab.cable({ namespace: box, device: port }, { namespace: host, device: 'eth0' });
    await box.ip('addr', 'add', `${own}/24`, 'dev', port);
    await host.ip('addr', 'add', `${other}/24`, 'dev', 'eth0');
  };
  const { wan, world: there, pc: computer, device: target } = FIREWALL_WIRE;
  await plug('wan0', world, wan, there);
  await plug('lan0', pc, '192.168.77.1', computer);
  await plug('lan1', device, '192.168.78.1', target);
  await box.ip('route', 'add', 'default', 'via', there);
  await pc.ip('route', 'add', 'default', 'via', '192.168.77.1');
  await device.ip('route', 'add', 'default', 'via', '192.168.78.1');
  await world.ip('route', 'add', '192.168.0.0/16', 'via', wan);
  await box.sysctl('net.ipv4.ip_forward', 1);
  return { box, world, pc, device };
}
