import type { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';

/** Room for more clients than any bench has. */
const LENGTH = 16;
const MACS = { ours: '02:67:70:00:02:11', peers: '02:67:70:00:02:12' } as const;

/** Where a DHCP server stands: `lan0` with its address, and made-up clients at the other end of its cable. */
export interface DhcpStand {
  readonly namespace: Namespace;
  readonly address: string;
  readonly prefix: string;
  readonly mac: string;
  readonly pool: { readonly first: string; readonly last: string };
  /** Where the clients are, and their device. */
  readonly clients: Namespace;
  readonly device: string;
  /** Where the generator keeps who got which address. */
  readonly leases: string;
}

/** A /16 each for us and a peer, with the load generator on the other end of both cables. */
export async function makeDhcpWire(
  lab: Lab,
): Promise<{ readonly ours: DhcpStand; readonly peers: DhcpStand }> {
  const clients = await lab.namespace('clients');
  const ours = await stand(lab, clients, 'ours', '10.77');
  const peers = await stand(lab, clients, 'peers', '10.78');
  await peers.namespace.ip('addr', 'add', peers.prefix, 'dev', 'lan0');
  // The box wants a WAN; nobody is there.
  await lab.cable({ namespace: clients, device: 'wan' }, { namespace: ours.namespace, device: 'wan0' });
  return { ours, peers };
}

async function stand(
  lab: Lab,
  clients: Namespace,
  name: keyof typeof MACS,
  network: string,
): Promise<DhcpStand> {
  const namespace = await lab.namespace(name);
  const mac = MACS[name];
  await lab.cable({ namespace: clients, device: name }, { namespace, device: 'lan0', mac });
  const address = `${network}.0.1`;
  const pool = { first: `${network}.1.0`, last: `${network}.255.250` };
  const prefix = `${address}/${LENGTH}`;
  const leases = clients.file(`${name}.json`);
  return { namespace, address, prefix, mac, pool, clients, device: name, leases };
}
