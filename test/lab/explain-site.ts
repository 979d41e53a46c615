import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type Interface, createInterface } from 'node:readline';
import { formatAddress } from '../../src/base/address.ts';
import { fromHex, toHex } from '../../src/base/hex.ts';
import { type Ipv4, parseIpv4 } from '../../src/base/ipv4.ts';
import { type Ipv6, parseIpv6 } from '../../src/base/ipv6.ts';
import { type Mac, parseMac } from '../../src/base/mac.ts';
import { parsePrefix4, tryParsePrefix6 } from '../../src/base/prefix.ts';
import type { Prefix6 } from '../../src/base/prefix.ts';
import { type Connection, type Packet, protocolOf } from '../../src/engine/firewall/evaluate/packet.ts';
import type { Surroundings } from '../../src/engine/firewall/evaluate/surroundings.ts';
import { run } from './firewall-site.ts';
import { Lab } from './lab.ts';
import { type Sighting, decodeSighting, encodeArpRequest, encodeFrame } from './packet-frame.ts';
import { PROGRAM_ENVIRONMENT } from './program-environment.ts';

function prefix6(text: string): Prefix6 {
  const prefix = tryParsePrefix6(text);
  if (prefix === undefined) throw new TypeError(`Cannot read ${text} as a prefix`);
  return prefix;
}

/** The box of the proof: one WAN, two LANs, and a device that is neither. */
export const EXPLAIN_SURROUNDINGS: Surroundings = {
  devices: [
    {
      name: 'wan0',
      addresses: [
        parsePrefix4('203.0.113.50/24'),
        parsePrefix4('203.0.113.60/24'),
        parsePrefix4('203.0.113.61/24'),
        prefix6('2001:db8:3::50/64'),
      ],
    },
    { name: 'lan0', addresses: [parsePrefix4('192.168.77.1/24'), prefix6('2001:db8:77::1/64')] },
    { name: 'lan1', addresses: [parsePrefix4('192.168.78.1/24'), prefix6('2001:db8:78::1/64')] },
    { name: 'other0', addresses: [parsePrefix4('10.99.0.1/24'), prefix6('2001:db8:99::1/64')] },
  ],
  routes: [
    { destination: parsePrefix4('0.0.0.0/0'), device: 'wan0', gateway: parseIpv4('203.0.113.1') },
    { destination: prefix6('::/0'), device: 'wan0', gateway: parseIpv6('2001:db8:3::1') },
  ],
};

export type Address = Ipv4 | Ipv6;

interface Host {
  readonly mac: Mac;
  readonly v4: Ipv4;
  readonly v6: Ipv6;
}

function host(mac: string, v4: string, v6: string): Host {
  return { mac: parseMac(mac), v4: parseIpv4(v4), v6: parseIpv6(v6) };
}

/** Who is on each wire; nobody else is ever asked for. */
export const HOSTS: Readonly<Record<string, readonly Host[]>> = {
  wan0: [
    host('02:00:00:00:03:01', '203.0.113.1', '2001:db8:3::1'),
    host('02:00:00:00:03:07', '203.0.113.7', '2001:db8:3::7'),
  ],
  lan0: [20, 21, 22, 30].map((n) => host(`02:00:00:00:77:${n}`, `192.168.77.${n}`, `2001:db8:77::${n}`)),
  lan1: [20, 21].map((n) => host(`02:00:00:00:78:${n}`, `192.168.78.${n}`, `2001:db8:78::${n}`)),
  other0: [host('02:00:00:00:99:20', '10.99.0.20', '2001:db8:99::20')],
};

const DEVICES = Object.keys(HOSTS);

/** Without them the kernel says only some of its errors, or more than is asked. */
const SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['net/ipv4/conf/all/rp_filter', '0'],
  ['net/ipv4/conf/default/rp_filter', '0'],
  ['net/ipv4/conf/all/send_redirects', '0'],
  ['net/ipv4/conf/default/send_redirects', '0'],
  ['net/ipv4/icmp_ratemask', '0'],
  ['net/ipv4/icmp_ratelimit', '0'],
  ['net/ipv4/icmp_echo_ignore_broadcasts', '0'],
  ['net/ipv6/icmp/ratelimit', '0'],
  ['net/ipv6/icmp/ratemask', ''],
  ['net/ipv6/conf/default/accept_dad', '0'],
  ['net/ipv6/conf/all/forwarding', '1'],
  ['net/ipv4/ip_forward', '1'],
];

/** What the box itself lets in, told by a table of our own behind all others. */
const OBSERVER = `
table inet observer {
  set ports4 { type inet_proto . ipv4_addr . inet_service . ipv4_addr . inet_service; flags dynamic; size 65535; }
  set ports6 { type inet_proto . ipv6_addr . inet_service . ipv6_addr . inet_service; flags dynamic; size 65535; }
  set echo4 { typeof ip saddr . icmp id . ip daddr; flags dynamic; size 65535; }
  set echo6 { typeof ip6 saddr . icmpv6 id . ip6 daddr; flags dynamic; size 65535; }
  set plain4 { type inet_proto . ipv4_addr . ipv4_addr; flags dynamic; size 65535; }
  set plain6 { type inet_proto . ipv6_addr . ipv6_addr; flags dynamic; size 65535; }
  chain let-in {
    type filter hook input priority 500;
    iifname "lo" accept
    meta l4proto { tcp, udp } update @ports4 { meta l4proto . ip saddr . th sport . ip daddr . th dport }
    meta l4proto { tcp, udp } update @ports6 { meta l4proto . ip6 saddr . th sport . ip6 daddr . th dport }
    ip protocol icmp update @echo4 { ip saddr . icmp id . ip daddr }
    meta l4proto ipv6-icmp update @echo6 { ip6 saddr . icmpv6 id . ip6 daddr }
    meta l4proto esp update @plain4 { meta l4proto . ip saddr . ip daddr }
    meta l4proto esp update @plain6 { meta l4proto . ip6 saddr . ip6 daddr }
  }
}`;

export interface Sent {
  readonly packet: Packet;
  readonly inDevice: string;
  readonly token: number;
  readonly sequence?: number;
  readonly acknowledged?: number;
  readonly connection: Connection;
}

/** What became of a packet, seen from outside and behind the last rule of the box. */
export interface Seen {
  readonly sightings: readonly (Sighting & { readonly device: string })[];
  /** `ADDRESS port PORT` of what the box let in. */
  readonly letIn: readonly string[];
}

/** The box is this very process's namespace; the far ends of all its cables are in another. */
export class ExplainSite {
  readonly #lab: Lab;
  readonly #station: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #macs: ReadonlyMap<string, Mac>;

  private constructor(lab: Lab, station: ChildProcess, lines: Interface) {
    this.#lab = lab;
    this.#station = station;
    this.#answers = lines[Symbol.asyncIterator]();
    this.#macs = deviceMacs();
  }

  static async create(): Promise<ExplainSite> {
    const lab = new Lab();
    const outside = await lab.namespace('outside');
    for (const [name, value] of SETTINGS) writeFileSync(`/proc/sys/${name}`, value);
    run('ip', 'link', 'set', 'lo', 'up');
    for (const device of DEVICES) {
      const far = `far-${device}`;
      run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', far, 'netns', outside.kernelName);
      run('ip', '-n', outside.kernelName, 'link', 'set', far, 'up');
      run('ip', 'link', 'set', device, 'up');
    }
    addressBox();
    run('nft', OBSERVER);
    const program = join(import.meta.dirname, 'packet-station.ts');
    // One processor, so that frames stay in their order.
    const argv = [
      'taskset',
      '-c',
      firstProcessor(),
      process.execPath,
      '--disable-warning=ExperimentalWarning',
    ];
    const [command = '', ...args] = outside.command([
      ...argv,
      program,
      ...DEVICES.map((device) => `far-${device}`),
    ]);
    const station = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: PROGRAM_ENVIRONMENT,
    });
    const site = new ExplainSite(lab, station, createInterface({ input: station.stdout }));
    await site.#answer();
    return site;
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('Cannot go on: the station of the far ends has ended');
    return value;
  }

  /** Sends packets and tells what was seen of each, in their order. */
  async send(batch: readonly Sent[]): Promise<readonly Seen[]> {
    const frames = batch.map((sent) => [
      `far-${sent.inDevice}`,
      toHex(encodeFrame(sent.packet, this.#macOf(sent.inDevice), sent)),
    ]);
    this.#station.stdin?.write(`${JSON.stringify({ frames, barriers: this.#barriers() })}\n`);
    const answer = JSON.parse(await this.#answer()) as [device: string, frame: string][];
    const sightings = answer.flatMap(([far, hex]) => {
      const sighting = decodeSighting(fromHex(hex));
      return sighting === undefined ? [] : [{ ...sighting, device: far.replace('far-', '') }];
    });
    const letIn = readObserver();
    return batch.map((sent) => ({
      sightings: sightings.filter((one) =>
        one.kind === 'reset' ? isResetOf(sent, one) : one.token === sent.token,
      ),
      letIn: letInOf(sent, letIn),
    }));
  }

  /** Forgets all connections, and what the observer has noted. */
  forget(): void {
    // It tells on standard error what it did.
    execFileSync('conntrack', ['-F'], { stdio: 'ignore' });
    run('nft', OBSERVER_SETS.map((set) => `flush set inet observer ${set}`).join('; '));
  }

  #macOf(device: string): Mac {
    const mac = this.#macs.get(device);
    if (mac === undefined) throw new Error(`Cannot send to ${device}: it is no device of the box`);
    return mac;
  }

  #barriers(): (readonly [string, string])[] {
    return EXPLAIN_SURROUNDINGS.devices.map(({ name, addresses }) => {
      const [neighbour] = HOSTS[name] ?? [];
      const [own] = addresses;
      if (neighbour === undefined || typeof own?.address !== 'number')
        throw new Error(`Cannot ask ${name}: nobody is there`);
      return [`far-${name}`, toHex(encodeArpRequest(neighbour.mac, neighbour.v4, own.address))] as const;
    });
  }

  remove(): void {
    this.#station.stdin?.end();
    this.#station.kill('SIGKILL');
    this.#lab.remove();
  }
}

function deviceMacs(): ReadonlyMap<string, Mac> {
  const links = JSON.parse(run('ip', '-j', 'link')) as readonly {
    readonly ifname: string;
    readonly address: string;
  }[];
  return new Map(links.map(({ ifname, address }) => [ifname, parseMac(address)]));
}

function firstProcessor(): string {
  const list = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return list?.[1] ?? '0';
}

function addressBox(): void {
  for (const { name, addresses } of EXPLAIN_SURROUNDINGS.devices) {
    for (const { address, length } of addresses) {
      const text = `${formatAddress(address)}/${length}`;
      run('ip', 'addr', 'add', text, 'dev', name, ...(text.includes(':') ? ['nodad'] : []));
    }
    for (const { mac, v4, v6 } of HOSTS[name] ?? [])
      for (const address of [v4, v6])
        run('ip', 'neigh', 'replace', formatAddress(address), 'lladdr', mac, 'dev', name, 'nud', 'permanent');
  }
  run('ip', 'route', 'add', 'default', 'via', '203.0.113.1');
  run('ip', '-6', 'route', 'add', 'default', 'via', '2001:db8:3::1');
}

const OBSERVER_SETS = ['ports4', 'ports6', 'echo4', 'echo6', 'plain4', 'plain6'];

interface ListedSet {
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] };
}

/** An element of one of the observer's sets. */
interface Noted {
  readonly set: string;
  readonly fields: readonly string[];
}

function readObserver(): readonly Noted[] {
  const { nftables } = JSON.parse(run('nft', '-j', '-n', 'list', 'table', 'inet', 'observer')) as {
    readonly nftables: readonly ListedSet[];
  };
  return nftables.flatMap(({ set }) =>
    (set?.elem ?? []).map((element) => ({ set: set?.name ?? '', fields: fieldsOf(element) })),
  );
}

function fieldsOf(element: unknown): readonly string[] {
  const { concat, elem } = element as { concat?: readonly unknown[]; elem?: { val: unknown } };
  return concat === undefined ? fieldsOf(elem?.val) : concat.map(String);
}

/** Where the observer saw the packet. An answer is known by the port it goes to, anything else by the one it comes from. */
function letInOf({ packet, connection }: Sent, noted: readonly Noted[]): readonly string[] {
  const { transport, source } = packet;
  const family = typeof source === 'number' ? '4' : '6';
  const protocol = protocolOf(packet);
  const sender = formatAddress(source);
  const isAnswer = connection.state !== 'new' && connection.direction === 'reply';
  const found = (set: string, place: (fields: readonly string[]) => string | undefined): string[] =>
    noted.filter((one) => one.set === `${set}${family}`).flatMap(({ fields }) => place(fields) ?? []);
  switch (transport.kind) {
    case 'tcp':
    case 'udp':
      return found('ports', ([number, saddr, sport, daddr, dport]) => {
        const isOurs = isAnswer
          ? dport === String(transport.destinationPort)
          : saddr === sender && sport === String(transport.sourcePort);
        return number === String(protocol) && isOurs ? `${daddr ?? ''} port ${dport ?? ''}` : undefined;
      });
    case 'icmp': {
      const id = String(transport.identifier);
      return found('echo', ([saddr, number, daddr]) =>
        number === id && (isAnswer || saddr === sender) ? `${daddr ?? ''} port ${id}` : undefined,
      );
    }
    case 'other':
    default:
      return found('plain', ([number, saddr, daddr]) =>
        number === String(protocol) && saddr === sender ? `${daddr ?? ''} port 0` : undefined,
      );
  }
}

/** The port of whoever began a connection is its own; that of the other end may have been translated. */
function isResetOf(
  { packet: { transport }, connection }: Sent,
  { sourcePort, destinationPort }: Extract<Sighting, { readonly kind: 'reset' }>,
): boolean {
  if (transport.kind !== 'tcp') return false;
  const isAnswer = connection.state !== 'new' && connection.direction === 'reply';
  return isAnswer ? sourcePort === transport.destinationPort : destinationPort === transport.sourcePort;
}
