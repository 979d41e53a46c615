import { join } from 'node:path';
import type { Namespace } from './namespace.ts';

export const CLIENT_KINDS = ['dhclient', 'udhcpc', 'dhcpcd', 'networkd'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** What may differ from one start of a client to the next. */
export interface ClientSettings {
  readonly hostName?: string;
  /** Further arguments of the program (networkd: lines of its [DHCPv4] section). */
  readonly extra?: readonly string[];
}

/** How a real DHCP client is run on a host of the lab, and how it is asked for things. */
export interface ClientProgram {
  /** Folders and files of the machine in whose place it sees its own. */
  readonly own: readonly string[];
  /** Files below those, by path, written before it starts for the first time. */
  files?(settings: ClientSettings): Readonly<Record<string, string>>;
  command(host: Namespace, settings: ClientSettings): readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Run beside it, before it. */
  readonly companion?: readonly string[];
  /** How it is told to extend its lease; none if it does by itself after a few seconds. */
  readonly renew?: ClientWish;
  /** How it is told to give its lease back. */
  readonly release: ClientWish;
}

/** A signal, or a command that is run beside the client. */
export type ClientWish =
  | { readonly signal: NodeJS.Signals }
  | { readonly command: (host: Namespace, settings: ClientSettings) => readonly string[] };

const script = (name: string): string => join(import.meta.dirname, name);
const hostNameOf = ({ hostName = 'pc' }: ClientSettings): string => hostName;

function dhclient(host: Namespace, settings: ClientSettings): string[] {
  const files = ['-cf', '/etc/dhcp/dhclient.conf', '-lf', '/var/lib/dhcp/dhclient.leases'];
  const pid = ['-pf', '/var/lib/dhcp/dhclient.pid'];
  const action = ['-sf', script('dhclient-script.sh'), '-e', `FACTS=${host.file('facts')}`];
  return ['dhclient', '-4', '-v', ...files, ...pid, ...action, ...(settings.extra ?? [])];
}

function dhcpcd(host: Namespace, settings: ClientSettings): string[] {
  const name = hostNameOf(settings);
  const action = ['-c', script('dhcp-client-script.sh'), '-e', `FACTS=${host.file('facts')}`];
  return [
    'dhcpcd',
    '-4',
    '-B',
    '-d',
    '-h',
    name,
    '-f',
    '/etc/dhcpcd.conf',
    ...action,
    ...(settings.extra ?? []),
  ];
}

export const CLIENT_PROGRAMS: Readonly<Record<ClientKind, ClientProgram>> = {
  dhclient: {
    own: ['/etc/dhcp', '/var/lib/dhcp'],
    files: (settings) => ({
      '/etc/dhcp/dhclient.conf': [
        `send host-name "${hostNameOf(settings)}";`,
        'request subnet-mask, routers, domain-name, domain-name-servers, ntp-servers;',
        'timeout 20; retry 1; select-timeout 0; initial-interval 1; backoff-cutoff 2;',
        // It knows no signal for it, but renews as early as it is told here.
        'supersede dhcp-renewal-time 6;\n',
      ].join('\n'),
    }),
    command: (host, settings) => [...dhclient(host, settings), '-d', 'eth0'],
    release: { command: (host, settings) => [...dhclient(host, settings), '-r', 'eth0'] },
  },
  udhcpc: {
    own: [],
    command: (_host, settings) => {
      const retry = ['-t', '5', '-T', '1', '-A', '1'];
      const options = ['-O', 'ntpsrv', '-x', `hostname:${hostNameOf(settings)}`];
      const action = ['-s', script('udhcpc-script.sh')];
      return ['udhcpc', '-f', '-i', 'eth0', ...retry, ...options, ...action, ...(settings.extra ?? [])];
    },
    renew: { signal: 'SIGUSR1' },
    release: { signal: 'SIGUSR2' },
  },
  dhcpcd: {
    own: ['/etc/dhcpcd.conf', '/var/lib/dhcpcd', '/run'],
    files: () => ({
      '/etc/dhcpcd.conf':
        'duid\npersistent\noption subnet_mask, routers, domain_name_servers, domain_name, ntp_servers, host_name\n',
    }),
    command: (host, settings) => [...dhcpcd(host, settings), 'eth0'],
    // Without -4 it would not find the one that runs, and start another.
    renew: { command: () => ['dhcpcd', '-4', '-N', 'eth0'] },
    release: { command: () => ['dhcpcd', '-4', '-k', 'eth0'] },
  },
  networkd: {
    own: ['/etc/systemd/network', '/run'],
    files: (settings) => ({
      '/etc/systemd/network/10-eth0.network': [
        '[Match]\nName=eth0',
        '[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nLLDP=no',
        `[DHCPv4]\nSendHostname=yes\nHostname=${hostNameOf(settings)}`,
        ...(settings.extra ?? []),
        '',
      ].join('\n'),
    }),
    command: () => ['/lib/systemd/systemd-networkd'],
    env: { SYSTEMD_LOG_LEVEL: 'debug', SYSTEMD_LOG_TARGET: 'console' },
    // A bus of its own, over which it is told to renew.
    companion: ['dbus-daemon', '--system', '--nofork', '--nopidfile', '--print-address'],
    renew: { command: () => ['networkctl', 'renew', 'eth0'] },
    release: { signal: 'SIGTERM' },
  },
};
