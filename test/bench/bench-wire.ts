import type { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';

/** Where a contestant stands: `lan0` with its address, and `client` at the other end, who asks it. */
export interface Stand {
  readonly namespace: Namespace;
  readonly address: string;
  readonly prefix: string;
}

export interface BenchWire {
  readonly client: Namespace;
  readonly ours: Stand;
  readonly peers: Stand;
}

const OUR_MAC = '02:67:70:00:02:01';
const PEERS_MAC = '02:67:70:00:02:02';

/** One client with a cable to each contestant, so that both are asked from the same place in the same way. */
export async function makeBenchWire(lab: Lab): Promise<BenchWire> {
  const client = await lab.namespace('client');
  const ours = await stand(lab, client, { name: 'ours', network: '192.168.77', mac: OUR_MAC });
  const peers = await stand(lab, client, { name: 'peers', network: '192.168.78', mac: PEERS_MAC });
  await lab.cable({ namespace: client, device: 'wan' }, { namespace: ours.namespace, device: 'wan0' });
  await client.ip('addr', 'add', '203.0.113.1/24', 'dev', 'wan');
  return { client, ours, peers };
}

async function stand(
  lab: Lab,
  client: Namespace,
  { name, network, mac }: { name: string; network: string; mac: string },
): Promise<Stand> {
  const namespace = await lab.namespace(name);
  const address = `${network}.1`;
  await lab.cable({ namespace: client, device: name }, { namespace, device: 'lan0', mac });
  await client.ip('addr', 'add', `${network}.200/24`, 'dev', name);
  // Asked for while the contestant has no address yet, it would be looked for once a second only.
  await client.ip('neigh', 'add', address, 'lladdr', mac, 'dev', name, 'nud', 'permanent');
  return { namespace, address, prefix: `${address}/24` };
}
