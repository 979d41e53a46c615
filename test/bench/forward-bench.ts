import { join } from 'node:path';
import process from 'node:process';
import { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';
import { BoxFirewall, ourOptions } from './box-firewall.ts';
import type { Figure } from './figure.ts';
import { FIREWALL_WIRE, type FirewallWire, makeFirewallWire } from './firewall-wire.ts';
import { FIRST_PORT, TARGET_PORT } from './openwrt-ruleset.ts';

const PEER = join(import.meta.dirname, '../lab/connection-peer.ts');
const ROUNDS = Number(process.env['GATEPOST_BENCH_ROUNDS'] ?? 5);
const SECONDS = Number(process.env['GATEPOST_BENCH_SECONDS'] ?? 3);
const FORWARDS = [1, 100, 1000];
const SERVER_PORT = 5201;
/** 64 bytes on Ethernet: header, IPv4, UDP, payload, checksum. */
const SMALL_PAYLOAD = 18;

/** CPU is that of the sender, whose time the kernel's work for its packets is counted to; it says more than a rate on a busy machine. */
const UNITS = {
  TCP: 'Gbit/s',
  'CPU of TCP': 'ms/GB',
  'UDP of 64 bytes': 'packets/s',
  'CPU of UDP': 'us/packet',
  'new connections out': '/s',
  'new connections to a forward': '/s',
} as const;
type Load = keyof typeof UNITS;
const LOADS = Object.keys(UNITS) as Load[];

/** What filters between the hosts: nothing, OpenWrt's way, or ours, with that many forwards. */
interface Filter {
  readonly name: 'bare kernel' | 'nft -f' | 'gatepost';
  readonly forwards: number;
}

/** Through three namespaces: throughput and new connections, with more and more port forwards. */
export async function forwardBench(): Promise<readonly Figure[]> {
  await using lab = new Lab();
  const wire = await makeFirewallWire(lab);
  await serve(wire);
  using firewall = new BoxFirewall(wire.box);
  const filters: Filter[] = [
    { name: 'bare kernel', forwards: 0 },
    ...FORWARDS.flatMap((forwards): Filter[] => [
      { name: 'nft -f', forwards },
      { name: 'gatepost', forwards },
    ]),
  ];
  const measured = new Map(
    filters.map((filter) => [filter, new Map(LOADS.map((load) => [load, [] as number[]]))]),
  );
  for (let round = 0; round < ROUNDS; round++)
    for (const filter of filters) {
      await load(firewall, filter);
      for (const [load, value] of Object.entries(await measure(wire, filter)))
        measured
          .get(filter)
          ?.get(load as Load)
          ?.push(value);
    }
  return figuresOf(filters, measured);
}

async function serve({ world, device }: FirewallWire): Promise<void> {
  const started = [
    world.start('iperf', ['iperf3', '-s', '-p', String(SERVER_PORT), '--forceflush']).line(/listening/),
    world.start('serve', [process.execPath, PEER, 'serve', String(TARGET_PORT)]).line(/ready/),
    device.start('serve', [process.execPath, PEER, 'serve', String(TARGET_PORT)]).line(/ready/),
  ];
  await Promise.all(started);
}

async function load(firewall: BoxFirewall, { name, forwards }: Filter): Promise<void> {
  await firewall.clear();
  if (name === 'nft -f') await firewall.nft(forwards);
  if (name === 'gatepost') await firewall.ours(ourOptions(forwards));
}

async function measure({ box, pc }: FirewallWire, filter: Filter): Promise<Record<Load, number>> {
  const { world, device, wan } = FIREWALL_WIRE;
  // The last of the forwards; the bare kernel has none and is asked for the way to the device itself.
  const last: readonly [string, number] =
    filter.forwards === 0 ? [device, TARGET_PORT] : [wan, FIRST_PORT + filter.forwards - 1];
  const forget = async (): Promise<void> => void (await box.run(['conntrack', '-F']));
  const tcp = await iperf(pc);
  const udp = await iperf(pc, '-u', '-b', '0', '-l', String(SMALL_PAYLOAD));
  await forget();
  const out = await newConnections(pc, world, TARGET_PORT);
  await forget();
  const forwarded = await newConnections(pc, ...last);
  await forget();
  return {
    TCP: (tcp.bytes * 8) / tcp.seconds / 1e9,
    'CPU of TCP': (tcp.cpuSeconds * 1e3) / (tcp.bytes / 1e9),
    'UDP of 64 bytes': udp.packets / udp.seconds,
    'CPU of UDP': (udp.cpuSeconds * 1e6) / udp.sent,
    'new connections out': out,
    'new connections to a forward': forwarded,
  };
}

interface IperfReport {
  readonly end: {
    /** TCP */
    readonly sum_received?: { readonly bytes: number; readonly seconds: number };
    /** UDP */
    readonly sum?: { readonly packets: number; readonly lost_packets: number; readonly seconds: number };
    readonly cpu_utilization_percent: { readonly host_total: number };
  };
}

interface Throughput {
  readonly seconds: number;
  /** Of the sender. */
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly sent: number;
  /** That arrived. */
  readonly packets: number;
}

async function iperf(pc: Namespace, ...options: readonly string[]): Promise<Throughput> {
  const command = [
    'iperf3',
    '-c',
    FIREWALL_WIRE.world,
    '-p',
    String(SERVER_PORT),
    '-t',
    String(SECONDS),
    '-J',
  ];
  const { end } = JSON.parse(await pc.output([...command, ...options])) as IperfReport;
  const { packets: sent = 0, lost_packets: lost = 0, seconds = 0 } = end.sum ?? {};
  return {
    seconds: end.sum_received?.seconds ?? seconds,
    cpuSeconds: (end.cpu_utilization_percent.host_total / 100) * SECONDS,
    bytes: end.sum_received?.bytes ?? 0,
    sent,
    packets: sent - lost,
  };
}

async function newConnections(pc: Namespace, address: string, port: number): Promise<number> {
  const text = await pc.output([process.execPath, PEER, 'open', address, String(port), String(SECONDS)]);
  return Number(/opened (\d+)/.exec(text)?.[1]) / SECONDS;
}

function figuresOf(
  filters: readonly Filter[],
  measured: ReadonlyMap<Filter, ReadonlyMap<Load, readonly number[]>>,
): Figure[] {
  const valuesOf = (name: Filter['name'], forwards: number, load: Load): readonly number[] => {
    const filter = filters.find((one) => one.name === name && one.forwards === forwards);
    return (filter && measured.get(filter)?.get(load)) ?? [];
  };
  return LOADS.flatMap((load) =>
    FORWARDS.map((forwards) => ({
      bench: 'forward',
      name: `${load}, ${forwards} forwards`,
      unit: UNITS[load],
      ours: valuesOf('gatepost', forwards, load),
      peers: {
        'bare kernel': valuesOf('bare kernel', 0, load),
        'nft -f': valuesOf('nft -f', forwards, load),
      },
    })),
  );
}
