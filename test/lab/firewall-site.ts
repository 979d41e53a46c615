import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { parseMac } from '../../src/base/mac.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

export const BOX = { wan: '203.0.113.50', lan: '192.168.77.1', lan6: '2001:db8:77::1' } as const;
export const WORLD = { address: '198.51.100.2', address6: '2001:db8:5::2', gateway: '203.0.113.1' } as const;
export const PC1 = {
  address: '192.168.77.11',
  address6: '2001:db8:77::11',
  mac: '02:00:00:00:77:11',
} as const;
export const PC2 = {
  address: '192.168.77.20',
  address6: '2001:db8:77::20',
  mac: '02:00:00:00:77:20',
} as const;
/** Another address of the WAN, which the box has for one of its LAN devices. */
export const ONE_TO_ONE = '203.0.113.60';

const PEER = join(import.meta.dirname, 'line-peer.ts');

/** What most tests apply; the forward named `camera` is the one of the example configuration. */
export const FIREWALL: FirewallOptions = {
  mode: 'firewall',
  wan: ['wan0'],
  lan: ['lan0'],
  lanNetworks: [parsePrefix4('192.168.77.1/24')],
  lanServices: [
    { name: 'dns', protocol: 'udp', port: 53 },
    { name: 'dns', protocol: 'tcp', port: 53 },
    { name: 'smtp', protocol: 'tcp', port: 25 },
    { name: 'admin', protocol: 'tcp', port: 8080 },
    { name: 'admin', protocol: 'tcp', port: 8443 },
  ],
  publicServices: [{ name: 'smtp', protocol: 'tcp', port: 25 }],
  forwards: [
    {
      name: 'camera',
      protocol: 'tcp',
      port: { first: 8443, last: 8443 },
      to: parseIpv4(PC2.address),
      toPort: 443,
      from: [],
      enabled: true,
    },
    {
      name: 'partner',
      protocol: 'both',
      port: { first: 9000, last: 9010 },
      to: parseIpv4(PC2.address),
      toPort: null,
      from: [parsePrefix4('192.0.2.0/24')],
      enabled: true,
    },
    {
      name: 'shifted',
      protocol: 'tcp',
      port: { first: 5000, last: 5002 },
      to: parseIpv4(PC2.address),
      toPort: 6000,
      from: [parsePrefix4('203.0.113.0/25'), parsePrefix4('203.0.113.0/24')],
      enabled: true,
    },
  ],
  hairpin: true,
  pingFromWan: true,
  oneToOne: [],
  exposedHost: null,
  blocked: { macs: [], addresses: [] },
  logDropped: false,
  offload: [],
};

/** All there is, in the mode that keeps most to itself. */
export const EVERYTHING: FirewallOptions = {
  ...FIREWALL,
  mode: 'firewall-dmz',
  oneToOne: [{ name: 'door', address: parseIpv4(ONE_TO_ONE), to: parseIpv4(PC2.address) }],
  exposedHost: parseIpv4(PC1.address),
  blocked: {
    macs: [parseMac('02:00:00:00:77:99')],
    addresses: [parseIpv4('192.168.77.99'), parseIpv6('2001:db8:77::99')],
  },
  logDropped: true,
};

/** Milliseconds after which a line that has not come back is sent again. */
const REPEAT_AFTER = 2000;

/** A caller whose lines can be waited for. */
export class Caller {
  readonly #program: Program;
  readonly #file: string;

  constructor(program: Program, file: string) {
    this.#program = program;
    this.#file = file;
  }

  /** The first line: a greeting, or `failed CODE`. */
  async outcome(): Promise<string> {
    return (await this.#program.log.line(/^(?:hello|failed) .*$/m, { from: this.#program.logStart }))[0];
  }

  /** Sends a line. */
  say(line: string): void {
    appendFileSync(this.#file, `${line}\n`);
  }

  /** Waits until a line that was sent has come back. */
  async heard(line: string): Promise<void> {
    await this.#program.line(new RegExp(`^${line}$`, 'm'));
  }

  /** Sends a line until it has come back: a datagram may be lost. */
  async echo(line: string): Promise<void> {
    let next = 0;
    await waitFor(`"${line}" to come back (${this.#program.log.tail()})`, () => {
      if (this.has(line)) return true;
      if (performance.now() >= next) {
        this.say(line);
        next = performance.now() + REPEAT_AFTER;
      }
      return false;
    });
  }

  /** Whether a line has come back so far. */
  has(line: string): boolean {
    return this.#program.log.text().slice(this.#program.logStart).split('\n').includes(line);
  }

  /** Whether nothing at all has come back so far. */
  get isWaiting(): boolean {
    return this.#program.running && this.#program.log.text().slice(this.#program.logStart) === '';
  }

  async hangUp(): Promise<void> {
    await this.#program.stop();
  }
}

/**
 * The network of an office in which this very process is the box: `wan0` to the world, `lan0` a bridge to two
 * computers. All three greet callers; the box does on ports 25, 53, 8080 and 8443.
 */
export class FirewallSite {
  readonly lab: Lab;
  readonly world: Namespace;
  readonly pc1: Namespace;
  readonly pc2: Namespace;
  #calls = 0;

  private constructor(lab: Lab, hosts: Pick<FirewallSite, 'world' | 'pc1' | 'pc2'>) {
    this.lab = lab;
    this.world = hosts.world;
    this.pc1 = hosts.pc1;
    this.pc2 = hosts.pc2;
  }

  static async create(): Promise<FirewallSite> {
    const lab = new Lab();
    const [world, pc1, pc2] = [
      await lab.namespace('world'),
      await lab.namespace('pc1'),
      await lab.namespace('pc2'),
    ];
    const site = new FirewallSite(lab, { world, pc1, pc2 });
    site.#cable();
    site.#address();
    await site.#greet();
    return site;
  }

  #cable(): void {
    const plug = (device: string, { kernelName }: Namespace): string =>
      run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', kernelName);
    plug('wan0', this.world);
    plug('port1', this.pc1);
    plug('port2', this.pc2);
    run('ip', '-n', this.pc1.kernelName, 'link', 'set', 'eth0', 'address', PC1.mac);
    run('ip', '-n', this.pc2.kernelName, 'link', 'set', 'eth0', 'address', PC2.mac);
    run('ip', 'link', 'add', 'lan0', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0');
    for (const port of ['port1', 'port2']) run('ip', 'link', 'set', port, 'master', 'lan0');
    for (const device of ['lo', 'wan0', 'port1', 'port2', 'lan0']) run('ip', 'link', 'set', device, 'up');
    for (const { kernelName } of [this.world, this.pc1, this.pc2])
      run('ip', '-n', kernelName, 'link', 'set', 'eth0', 'up');
  }

  #address(): void {
    const at = (host: Namespace | undefined, ...args: string[]): string =>
      run('ip', ...(host === undefined ? [] : ['-n', host.kernelName]), ...args);
    const add = (host: Namespace | undefined, device: string, ...addresses: string[]): void => {
      for (const address of addresses)
        at(host, 'addr', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []));
    };
    add(undefined, 'wan0', `${BOX.wan}/24`, '2001:db8:3::50/64');
    add(undefined, 'lan0', `${BOX.lan}/24`, `${BOX.lan6}/64`);
    add(this.world, 'eth0', `${WORLD.gateway}/24`, '2001:db8:3::1/64');
    add(this.world, 'lo', `${WORLD.address}/32`, `${WORLD.address6}/128`, '192.168.77.99/32');
    add(this.pc1, 'eth0', `${PC1.address}/24`, `${PC1.address6}/64`);
    add(this.pc2, 'eth0', `${PC2.address}/24`, `${PC2.address6}/64`);
    at(undefined, 'route', 'add', 'default', 'via', WORLD.gateway);
    at(undefined, '-6', 'route', 'add', 'default', 'via', '2001:db8:3::1');
    // The world knows the way to the LAN as an attacker at the provider would.
    at(this.world, 'route', 'add', '192.168.77.0/24', 'via', BOX.wan, 'src', WORLD.address);
    at(this.world, '-6', 'route', 'add', '2001:db8:77::/64', 'via', '2001:db8:3::50', 'src', WORLD.address6);
    for (const pc of [this.pc1, this.pc2]) {
      at(pc, 'route', 'add', 'default', 'via', BOX.lan);
      at(pc, '-6', 'route', 'add', 'default', 'via', BOX.lan6);
    }
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
    // As the box does: what goes from port to port of the bridge is no concern of the firewall.
    for (const family of ['iptables', 'ip6tables']) {
      const setting = `/proc/sys/net/bridge/bridge-nf-call-${family}`;
      if (existsSync(setting)) writeFileSync(setting, '0');
    }
  }

  async #greet(): Promise<void> {
    const serve = (host: Namespace, ...ports: number[]): Promise<unknown> =>
      host.start('serve', [process.execPath, PEER, 'serve', ...ports.map(String)]).line(/ready/);
    await Promise.all([serve(this.world, 80), serve(this.pc1, 80), serve(this.pc2, 80, 443, 6001, 9005)]);
    for (const port of [25, 53, 8080, 8443]) {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.write(`hello box ${port}\n`);
      });
      server.unref();
      await new Promise<void>((resolve) => {
        server.listen(port, '::', resolve);
      });
    }
  }

  call(from: Namespace, address: string, port: number, verb = 'call'): Caller {
    const name = `call-${++this.#calls}`;
    const file = from.file(`${name}.lines`);
    return new Caller(from.start(name, [process.execPath, PEER, verb, address, String(port), file]), file);
  }

  /** Over UDP. */
  callUdp(from: Namespace, address: string, port: number): Caller {
    return this.call(from, address, port, 'call-udp');
  }

  /** What a caller meets: a greeting, or `failed CODE`. */
  async outcome(from: Namespace, address: string, port: number): Promise<string> {
    const caller = this.call(from, address, port);
    const outcome = await caller.outcome();
    await caller.hangUp();
    return outcome;
  }

  remove(): void {
    this.lab.remove();
  }
}

export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' });
}

export function ruleset(...options: string[]): string {
  return run('nft', ...options, 'list', 'ruleset');
}

/** The packets a named counter has counted, asked of the reference tool. */
export function packetsOf(counter: string): number {
  return Number(/packets (\d+)/.exec(run('nft', 'list', 'counter', 'inet', 'gatepost', counter))?.[1]);
}

/** The hardware address of a device of the box. */
export function macOf(device: string): string {
  return /link\/ether (\S+)/.exec(run('ip', 'link', 'show', 'dev', device))?.[1] ?? '';
}

/**
 * That calls meet silence: the kernel dropped at least two packets of each by this counter, so the callers repeated the
 * first, for which they had no answer.
 */
export async function meetSilence(counter: string, ...callers: readonly Caller[]): Promise<boolean> {
  const before = packetsOf(counter);
  const wanted = before + 2 * callers.length;
  await waitFor(`packets of all in ${counter}`, () => packetsOf(counter) >= wanted);
  const areWaiting = callers.every((caller) => caller.isWaiting);
  await Promise.all(callers.map((caller) => caller.hangUp()));
  return areWaiting;
}

export function meetsSilence(caller: Caller, counter: string): Promise<boolean> {
  return meetSilence(counter, caller);
}
