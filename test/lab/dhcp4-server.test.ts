import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Hours } from '../../src/base/duration.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import { utf8 } from '../../src/base/text.ts';
import { formatIpv4 } from '../../src/base/ipv4.ts';
import { defaultPool } from '../../src/config/default-pool.ts';
import type { Dhcp4ServerOptions } from '../../src/engine/dhcp4-server/options.ts';
import { RawSocketIcmp } from '../../src/io/linux/icmp.ts';
import { LinuxPacketPort } from '../../src/io/linux/packet.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { NodeUdp } from '../../src/io/node/udp.ts';
import { type Dhcp4Server, startDhcp4Server } from '../../src/service/dhcp4-server/dhcp4-server.ts';
import { decodeEchoReply, encodeEchoRequest } from '../../src/wire/icmp/echo.ts';
import { FakeLeaseJournal } from '../fake/fake-lease-journal.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

const ADDRESS = parsePrefix4('192.168.77.1/24');

/** What udhcpc calls on each event: gives the device its address, and no more. */
const SCRIPT = `#!/bin/sh
case "$1" in
bound|renew) ip addr replace "$ip/$mask" dev "$interface" ;;
deconfig) ip addr flush dev "$interface"; ip link set "$interface" up ;;
esac
`;

/** A program in the other namespace, with everything it has printed. */
class Peer {
  output = '';
  readonly process: ChildProcess;

  constructor(namespace: number, argv: readonly string[]) {
    this.process = spawn('nsenter', [`--net=/proc/${namespace}/ns/net`, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => void (this.output += chunk.toString());
    this.process.stdout?.on('data', collect);
    this.process.stderr?.on('data', collect);
  }

  /** Waits until the output holds `count` matches. */
  says(pattern: RegExp, count = 1): Promise<boolean> {
    return waitFor(`${pattern} in:\n${this.output}`, () => this.output.split(pattern).length > count);
  }

  async ended(): Promise<number | null> {
    const { process } = this;
    if (process.exitCode === null) await new Promise((resolve) => process.once('exit', resolve));
    return process.exitCode;
  }
}

inOwnNetwork(import.meta.filename, () => {
  const told: string[] = [];
  /** The other servers, each time they are told. */
  const others: string[] = [];
  const clock = new NodeClock();
  const packet = new LinuxPacketPort();
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-dhcp-'));
  const script = join(directory, 'udhcpc');
  const peers: Peer[] = [];
  let holder: ChildProcess;
  let server: Dhcp4Server;
  let options: Dhcp4ServerOptions;

  function peer(...argv: string[]): Peer {
    const made = new Peer(holder.pid ?? 0, argv);
    peers.push(made);
    return made;
  }

  async function clientMac(mac: string): Promise<void> {
    for (const change of [['down'], ['address', mac], ['up']]) {
      assert.equal(await peer('ip', 'link', 'set', 'vb', ...change).ended(), 0);
    }
  }

  before(async () => {
    writeFileSync(script, SCRIPT);
    chmodSync(script, 0o755);
    holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    const ip = (...args: string[]): unknown => execFileSync('ip', args);
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'lan0', 'type', 'bridge');
    for (const [near, far] of [
      ['va', 'vb'],
      ['vc', 'vd'],
    ] as const) {
      ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
      ip('link', 'set', far, 'netns', `${holder.pid}`);
      ip('link', 'set', near, 'master', 'lan0', 'up');
    }
    ip('addr', 'add', '192.168.77.1/24', 'dev', 'lan0');
    ip('link', 'set', 'lan0', 'up');
    await peer('ip', 'link', 'set', 'lo', 'up').ended();
    options = {
      server: ADDRESS,
      pool: defaultPool(ADDRESS),
      exclude: [],
      reservations: [],
      leaseTime: Hours(1),
      routers: [ADDRESS.address],
      dnsServers: [ADDRESS.address],
      timeServers: [ADDRESS.address],
      domain: 'office.example',
      custom: new Map(),
    };
    const codec = { encodeRequest: encodeEchoRequest, decodeReply: decodeEchoReply };
    const icmp = new RawSocketIcmp(codec, new NodeRandom());
    const journal = new FakeLeaseJournal(clock);
    const ports = { packet, icmp, udp: new NodeUdp(), clock, random: new NodeRandom(), journal };
    server = await startDhcp4Server({ device: 'lan0', server: options }, ports, {
      onLease: ({ address, name }) => void told.push(`${formatIpv4(address)} ${name}`),
      onLeaseEnd: (address) => void told.push(`${formatIpv4(address)} ended`),
      onWarning: (text) => void told.push(text),
      onOtherServers: (servers) =>
        void others.push(servers.map(({ address, mac }) => `${formatIpv4(address)} ${mac ?? '-'}`).join()),
    });
  });
  afterEach(() => {
    for (const { process } of peers) if (process.exitCode === null) process.kill('SIGKILL');
    peers.length = 0;
    told.length = 0;
  });
  after(async () => {
    server.stop();
    holder.kill('SIGKILL');
    await packet.close();
    rmSync(directory, { recursive: true });
  });

  const dhclient = (...more: string[]): Peer => {
    const files = ['-lf', join(directory, 'leases'), '-pf', join(directory, 'pid')];
    return peer('dhclient', '-4', '-d', '-v', '-sf', '/bin/true', ...files, ...more, 'vb');
  };

  test('dhclient gets a lease and confirms it after a reboot', async () => {
    await clientMac('02:00:00:00:00:21');
    const first = dhclient();
    await first.says(/bound to 192\.168\.77\.2 /);
    first.process.kill('SIGKILL');
    const again = dhclient();
    await again.says(/bound to 192\.168\.77\.2 /);
    assert.doesNotMatch(again.output, /DHCPDISCOVER/);
    assert.deepEqual(
      server.leases().map((lease) => formatIpv4(lease.address)),
      ['192.168.77.2'],
    );
  });

  test('udhcpc gets a lease, renews it by unicast, and releases it', async () => {
    await clientMac('02:00:00:00:00:22');
    const client = peer('udhcpc', '-f', '-i', 'vb', '-s', script, '-x', 'hostname:pc2');
    await client.says(/lease of 192\.168\.77\.3 obtained/);
    client.process.kill('SIGUSR1');
    await client.says(/lease of 192\.168\.77\.3 obtained/, 2);
    assert.doesNotMatch(client.output, /refused|unreachable/i);
    client.process.kill('SIGUSR2');
    await waitFor('the release', () => told.at(-1) === '192.168.77.3 ended');
    assert.deepEqual(told, ['192.168.77.3 pc2', '192.168.77.3 ended']);
  });

  test('an address that a machine uses without asking, and without answering pings, is found by the probe', async () => {
    await clientMac('02:00:00:00:00:24');
    await peer('sysctl', '-qw', 'net.ipv4.icmp_echo_ignore_all=1', 'net.ipv4.conf.all.arp_ignore=1').ended();
    for (const change of [['down'], ['address', '02:00:00:00:00:55'], ['up']])
      assert.equal(await peer('ip', 'link', 'set', 'vd', ...change).ended(), 0);
    await peer('ip', 'addr', 'add', '192.168.77.5/24', 'dev', 'vd').ended();
    const client = peer('udhcpc', '-f', '-q', '-n', '-i', 'vb', '-s', '/bin/true', '-r', '192.168.77.5');
    assert.equal(await client.ended(), 0);
    assert.match(
      told.join('\n'),
      /192\.168\.77\.5 is used by a device that did not get it here \(02:00:00:00:00:55 answers for it\)/,
    );
    assert.doesNotMatch(client.output, /lease of 192\.168\.77\.5/);
  });

  test('udhcpc reads options that have no room but in the file and sname fields (RFC 2132 §9.3)', async () => {
    await clientMac('02:00:00:00:00:25');
    const long = 'n'.repeat(120);
    const custom = new Map<number, Uint8Array>([
      [17, utf8(`/root/${long}`)],
      [40, utf8(`nis-${long}`)],
      [43, new Uint8Array(110)],
    ]);
    await server.reconfigure({ device: 'lan0', server: { ...options, custom } });
    const printing = join(directory, 'print');
    writeFileSync(
      printing,
      '#!/bin/sh\n[ "$1" = bound ] && echo "got $nisdomain and $rootpath end"\nexit 0\n',
    );
    chmodSync(printing, 0o755);
    const asked = ['-O', 'nisdomain', '-O', 'rootpath', '-O', '43'];
    const client = peer('udhcpc', '-f', '-q', '-n', '-i', 'vb', '-s', printing, ...asked);
    assert.equal(await client.ended(), 0);
    assert.ok(client.output.includes(`got nis-${long} and /root/${long} end`), client.output);
    await server.reconfigure({ device: 'lan0', server: options });
  });

  // The last one has the box's own address, and takes its place for whoever hears it first.
  for (const address of ['192.168.77.254', '192.168.77.1'])
    test(`another DHCP server at ${address} is found by a question of our own, with its address and MAC address`, async () => {
      await peer('ip', 'addr', 'flush', 'dev', 'vd').ended();
      await peer('ip', 'link', 'set', 'vd', 'down').ended();
      await peer('ip', 'link', 'set', 'vd', 'address', '02:00:00:00:00:fe', 'up').ended();
      await peer('ip', 'addr', 'add', `${address}/24`, 'dev', 'vd').ended();
      const settings = [
        '--port=0',
        '--interface=vd',
        '--bind-interfaces',
        '--no-ping',
        '--conf-file=/dev/null',
      ];
      const leases = join(directory, 'other.leases');
      const files = [`--dhcp-leasefile=${leases}`, '--user=root', '--pid-file='];
      const range = '--dhcp-range=192.168.77.150,192.168.77.160,1h';
      const other = peer('dnsmasq', '--no-daemon', ...settings, ...files, range);
      await other.says(/DHCP, IP range/);
      others.length = 0;
      // What makes the server ask at once: it is told to look at a device anew.
      await server.reconfigure({ device: 'va', server: options });
      await server.reconfigure({ device: 'lan0', server: options });
      const found = `${address} 02:00:00:00:00:fe`;
      await waitFor('the other server', () => others.at(-1)?.split(',').includes(found) === true);
      assert.equal(readFileSync(leases, 'utf8'), '', 'our question takes no lease');
    });
});
