import { chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dnsmasqDhcpOn } from './dnsmasq.ts';
import type { Lab } from './lab.ts';
import type { LogFile } from './log-file.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import { outputOf } from './run-command.ts';

const ENTER = join(import.meta.dirname, 'dhcp-client-enter.sh');

/**
 * A provider's network 198.18.N.0/24 (RFC 2544) for the device `wanN` of the test's own network namespace: a segment with
 * room for other customers, an ear on it, and whatever DHCP server a test starts on 198.18.N.1.
 */
export class WanProvider {
  readonly number: number;
  readonly namespace: Namespace;
  readonly device: string;
  readonly mac: string;
  readonly #lab: Lab;
  readonly #ear: Program;
  #servers = 0;

  private constructor(lab: Lab, number: number, namespace: Namespace, ear: Program) {
    this.#lab = lab;
    this.number = number;
    this.namespace = namespace;
    this.device = `wan${number}`;
    this.mac = `02:67:70:00:09:0${number}`;
    this.#ear = ear;
  }

  static async start(lab: Lab, number: number): Promise<WanProvider> {
    const namespace = await lab.namespace(`isp${number}`);
    const device = ['name', `wan${number}`, 'address', `02:67:70:00:09:0${number}`];
    const peer = ['peer', 'name', 'port', 'netns', namespace.kernelName];
    await outputOf(['ip', 'link', 'add', ...device, 'type', 'veth', ...peer]);
    await namespace.ip('link', 'set', 'port', 'up');
    await lab.bridge(namespace, 'br0', ['port']);
    await namespace.ip('addr', 'add', `198.18.${number}.1/24`, 'dev', 'br0');
    // A bridge has a carrier when one of its ports has.
    await outputOf(['ip', 'link', 'set', `wan${number}`, 'up']);
    const what = ['arp', 'or', 'port', '67', 'or', 'port', '68'];
    const ear = namespace.start('tcpdump', ['tcpdump', '-i', 'br0', '-l', '-n', '-e', '-vvv', ...what]);
    await ear.line(/listening on/);
    return new WanProvider(lab, number, namespace, ear);
  }

  /** An address of the segment. */
  address(last: number): string {
    return `198.18.${this.number}.${last}`;
  }

  /** Everything that passed the segment, in tcpdump's words. */
  get heard(): LogFile {
    return this.#ear.log;
  }

  /** How often this station has announced the address (RFC 5227 §2.3). */
  announcements(mac: string, address: string): number {
    return this.heard
      .lines()
      .filter((line) => line.includes(`${mac} > `) && line.includes(`who-has ${address} `))
      .filter((line) => line.includes(` tell ${address},`)).length;
  }

  /** Another customer, with its own idea of its address. */
  async neighbour(mac: string, last: number): Promise<Namespace> {
    const name = `other${this.number}`;
    const host = await this.#lab.namespace(name);
    await this.#lab.cable(
      { namespace: this.namespace, device: name },
      { namespace: host, device: 'eth0', mac },
    );
    await this.namespace.ip('link', 'set', 'dev', name, 'master', 'br0');
    await host.ip('addr', 'add', `${this.address(last)}/24`, 'dev', 'eth0');
    return host;
  }

  /** dnsmasq with these options, without the dashes; leases of an earlier one are forgotten with `fresh`. */
  async dnsmasq(options: readonly string[], fresh = false): Promise<Program> {
    const leases = this.namespace.file('leases');
    if (fresh) rmSync(leases, { force: true });
    const argv = dnsmasqDhcpOn('br0', leases, ['dhcp-authoritative', ...options]);
    const program = this.namespace.start(`dnsmasq${this.#servers++}`, argv);
    await program.line(/started, version/);
    return program;
  }

  /** busybox udhcpd with leases of so many seconds, which dnsmasq does not give so short. */
  async udhcpd(seconds: number, first: number): Promise<Program> {
    const settings = [
      `start ${this.address(first)}`,
      `end ${this.address(first)}`,
      'interface br0',
      'max_leases 4',
      `min_lease ${seconds}`,
      `lease_file ${this.namespace.file('leases')}`,
      `pidfile ${this.namespace.file('udhcpd.pid')}`,
      `opt subnet 255.255.255.0`,
      `opt router ${this.address(1)}`,
      `opt lease ${seconds}`,
      '',
    ];
    const path = this.namespace.file('udhcpd.conf');
    writeFileSync(path, settings.join('\n'));
    writeFileSync(this.namespace.file('leases'), '', { flag: 'a' });
    const argv = ['busybox', 'udhcpd', '-f', '-a', '20', path];
    const program = this.namespace.start(`udhcpd${this.#servers++}`, argv);
    await program.line(/started/);
    return program;
  }

  /** systemd-networkd as a DHCP server, on folders of its own. */
  async networkd(seconds: number, first: number): Promise<Program> {
    const own = this.namespace.file('own');
    // It gives the device its address itself.
    await this.namespace.ip('addr', 'flush', 'dev', 'br0');
    const network = [
      '[Match]\nName=br0',
      `[Network]\nAddress=${this.address(1)}/24\nDHCPServer=yes\nLinkLocalAddressing=no\nIPv6AcceptRA=no`,
      `[DHCPServer]\nPoolOffset=${first}\nPoolSize=1\nDefaultLeaseTimeSec=${seconds}\nMaxLeaseTimeSec=${seconds}\n`,
    ];
    const uid = Number(await outputOf(['id', '-u', 'systemd-network']));
    mkdirSync(join(own, 'etc/systemd/network'), { recursive: true });
    writeFileSync(join(own, 'etc/systemd/network/10-br0.network'), network.join('\n'));
    for (const folder of ['', 'links', 'leases', 'lldp']) {
      const path = join(own, 'run/systemd/netif', folder);
      mkdirSync(path, { recursive: true });
      chownSync(path, uid, -1);
    }
    const { dev, ino } = statSync('/etc/resolv.conf');
    const folders = ['/etc/systemd/network', '/run'];
    const argv = [ENTER, `${dev}:${ino}`, own, ...folders, '--', '/lib/systemd/systemd-networkd'];
    const env = { SYSTEMD_LOG_LEVEL: 'debug', SYSTEMD_LOG_TARGET: 'console' };
    const program = new Program('networkd', this.namespace.command(argv), {
      logPath: this.namespace.file('networkd.log'),
      env,
    });
    await program.line(/DHCPv4 server: STARTED|DHCP server.*started/i);
    return program;
  }
}
