import { join } from 'node:path';
import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { inSeconds, parseDuration } from '../../src/base/duration.ts';
import { Box } from '../lab/box.ts';
import { boxConfig } from '../lab/box-config.ts';
import { dnsmasq } from '../lab/dnsmasq.ts';
import type { Program } from '../lab/program.ts';
import { waitFor } from '../lab/wait-for.ts';
import type { DhcpLoadResult, DhcpLoadSettings } from './dhcp-load-settings.ts';
import type { DhcpStand } from './dhcp-wire.ts';
import { findProgram } from './find-program.ts';

const root = join(import.meta.dirname, '../..');

/** A DHCP server to be measured, running. */
export interface DhcpServerUnderLoad {
  readonly name: string;
  readonly stand: DhcpStand;
  /** The box, if it is one. */
  readonly box?: Box;
  /** Its files and folders. */
  readonly files: readonly string[];
  pids(): Promise<number[]>;
  stop(): Promise<void>;
}

/** How a server is started anew: with nothing of an earlier run. */
export interface DhcpContestant {
  readonly name: string;
  readonly stand: DhcpStand;
  start(leaseTime: string): Promise<DhcpServerUnderLoad>;
}

/** The whole box, as built: all roles run and count. `nodeOptions` come before the program. */
export function gatepostDhcp(stand: DhcpStand, nodeOptions: readonly string[] = []): DhcpContestant {
  const name = 'gatepost';
  return {
    name,
    stand,
    start: async (leaseTime) => {
      const { namespace, prefix, pool } = stand;
      const box = new Box(
        namespace,
        boxConfig({
          wan: {
            device: 'wan0',
            ipv4: { method: 'static', address: '203.0.113.50/24', gateway: '203.0.113.1' },
          },
          lan: { devices: ['lan0'], address: prefix },
          dhcp: { leaseTime, pool },
          firewall: {},
          // Nobody is there to be asked, and the log would say so.
          dns: { forward: false },
        }),
      );
      rmSync(box.dataPath, { recursive: true });
      const argv = [
        join(root, 'dist/node'),
        '--disable-warning=ExperimentalWarning',
        '--max-semi-space-size=1',
        ...nodeOptions,
        join(root, 'dist/gatepost.mjs'),
        'run',
        '--config',
        box.configPath,
        '--data',
        box.dataPath,
        '--run',
        box.runPath,
      ];
      const program = namespace.start('gatepost', argv);
      await program.line(/^gatepost ready$/m);
      return { ...underLoad(name, stand, program), box, files: [box.dataPath] };
    },
  };
}

/** dnsmasq with its lease file; `extra` are further options without the dashes. */
export function dnsmasqDhcp(stand: DhcpStand, extra: readonly string[] = []): DhcpContestant {
  const name = 'dnsmasq';
  return {
    name,
    stand,
    start: async (leaseTime) => {
      const { namespace, pool } = stand;
      const leases = namespace.file('leases');
      writeFileSync(leases, '');
      const options = [
        'no-hosts',
        'no-resolv',
        'quiet-dhcp',
        'bind-dynamic',
        'interface=lan0',
        'dhcp-authoritative',
        'dhcp-lease-max=100000',
        `dhcp-leasefile=${leases}`,
        `dhcp-range=${pool.first},${pool.last},${leaseTime}`,
        ...extra,
      ];
      const program = namespace.start('dnsmasq', dnsmasq(options));
      await program.line(/started, version/);
      return { ...underLoad(name, stand, program), files: [leases] };
    },
  };
}

/**
 * Kea with its leases in memory and in a file that it does not sync; undefined where it is not installed. Its log is as quiet as
 * dnsmasq's: at its usual level it writes eight lines for each exchange, which takes four fifths of its time.
 */
export function keaDhcp(stand: DhcpStand): DhcpContestant | undefined {
  const program = findProgram('kea-dhcp4');
  if (program === undefined) return undefined;
  const name = 'Kea';
  return {
    name,
    stand,
    start: async (leaseTime) => {
      const { namespace, pool, prefix } = stand;
      const [file, leases] = [namespace.file('kea.json'), namespace.file('kea-leases.csv')];
      rmSync(leases, { force: true });
      const subnet = { id: 1, subnet: prefix, pools: [{ pool: `${pool.first} - ${pool.last}` }] };
      const settings = {
        'interfaces-config': { interfaces: ['lan0'] },
        'lease-database': { type: 'memfile', persist: true, name: leases, 'lfc-interval': 0 },
        'valid-lifetime': inSeconds(parseDuration(leaseTime)),
        subnet4: [subnet],
        loggers: [{ name: 'kea-dhcp4', severity: 'WARN', 'output-options': [{ output: 'stdout' }] }],
      };
      writeFileSync(file, JSON.stringify({ Dhcp4: settings }));
      const { directory } = namespace;
      // Kea 3 takes a lease file in the folder that it is told alone.
      const folders = {
        KEA_PIDFILE_DIR: directory,
        KEA_LOCKFILE_DIR: directory,
        KEA_DHCP_DATA_DIR: directory,
      };
      const running = namespace.start('kea', [program, '-c', file], folders);
      const listening = ['ss', '-Huln', 'sport = :67'];
      await waitFor('Kea', async () => (await namespace.output(listening)) !== '');
      return { ...underLoad(name, stand, running), files: [leases] };
    },
  };
}

function underLoad(name: string, stand: DhcpStand, program: Program): Omit<DhcpServerUnderLoad, 'files'> {
  return {
    name,
    stand,
    pids: () => stand.namespace.pids(),
    stop: async () => {
      await program.stop();
      await waitFor('the end of all processes', async () => (await stand.namespace.pids()).length === 0);
    },
  };
}

/** Runs the load generator beside a server and returns what it measured. */
export async function runGenerator(
  { clients, device, leases, mac }: DhcpStand,
  verb: 'acquire' | 'renew',
  load: Pick<DhcpLoadSettings, 'clients' | 'outstanding' | 'rate' | 'seconds'>,
): Promise<DhcpLoadResult> {
  const settings: DhcpLoadSettings = { ...load, device, leases, serverMac: mac };
  const program = join(import.meta.dirname, 'dhcp-generator.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  return JSON.parse(
    await clients.output([...node, program, verb, JSON.stringify(settings)]),
  ) as DhcpLoadResult;
}
