import type { DhcpContestant } from './dhcp-servers.ts';
import type { Figure } from './figure.ts';

const CLIENTS = 20_000;
const RATE = 4000;
const LEASE_TIME = '12h';

/** The same by the reference generator, as fast as each server answers. */
export async function runPerfdhcp(
  program: string,
  ours: DhcpContestant,
  peers: readonly DhcpContestant[],
): Promise<Figure> {
  const results = new Map<string, number[]>();
  for (const contestant of [ours, ...peers])
    results.set(contestant.name, [await rateOf(program, contestant)]);
  const { [ours.name]: own = [], ...others } = Object.fromEntries(results);
  return { bench: 'dhcp', name: 'exchanges by perfdhcp', unit: '/s', ours: own, peers: others };
}

async function rateOf(program: string, contestant: DhcpContestant): Promise<number> {
  const server = await contestant.start(LEASE_TIME);
  try {
    const { clients, device, address } = server.stand;
    // It sends by a socket of the kernel's, which wants an address.
    await clients.ip('addr', 'replace', `${address}00/16`, 'dev', device);
    const load = ['-R', String(CLIENTS), '-n', String(CLIENTS), '-r', String(RATE)];
    // Its exit code tells of drops, which are no failure of the run.
    const { stdout } = await clients.run([program, '-4', '-B', '-l', device, ...load]);
    const [, rate = 'NaN'] = /^Rate: ([\d.]+) 4-way exchanges\/second/m.exec(stdout) ?? [];
    return Number(rate);
  } finally {
    await server.stop();
  }
}
