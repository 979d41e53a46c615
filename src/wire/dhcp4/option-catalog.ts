import type { OptionType } from './option-value.ts';

/** What is known of an option: the name of its standard, and the types its value can be written in, the usual one first. */
export interface KnownOption {
  readonly name: string;
  readonly types: readonly OptionType[];
}

type Row = readonly [code: number, name: string, type: OptionType];

/** RFC 2132 unless said otherwise. `hex` is always possible. */
const ROWS: readonly Row[] = [
  [1, 'subnet mask', 'ipv4'],
  [2, 'time offset', 'u32'],
  [3, 'routers', 'ipv4-list'],
  [4, 'time servers', 'ipv4-list'],
  [5, 'IEN 116 name servers', 'ipv4-list'],
  [6, 'DNS servers', 'ipv4-list'],
  [7, 'log servers', 'ipv4-list'],
  [8, 'cookie servers', 'ipv4-list'],
  [9, 'LPR servers', 'ipv4-list'],
  [10, 'Impress servers', 'ipv4-list'],
  [11, 'resource location servers', 'ipv4-list'],
  [12, 'host name', 'text'],
  [13, 'boot file size', 'u16'],
  [14, 'merit dump file', 'text'],
  [15, 'domain name', 'text'],
  [16, 'swap server', 'ipv4'],
  [17, 'root path', 'text'],
  [18, 'extensions path', 'text'],
  [19, 'IP forwarding', 'boolean'],
  [20, 'non-local source routing', 'boolean'],
  [21, 'policy filter', 'ipv4-list'],
  [22, 'maximum datagram reassembly size', 'u16'],
  [23, 'default IP time-to-live', 'u8'],
  [24, 'path MTU aging time-out', 'u32'],
  [26, 'interface MTU', 'u16'],
  [27, 'all subnets are local', 'boolean'],
  [28, 'broadcast address', 'ipv4'],
  [29, 'perform mask discovery', 'boolean'],
  [30, 'mask supplier', 'boolean'],
  [31, 'perform router discovery', 'boolean'],
  [32, 'router solicitation address', 'ipv4'],
  [33, 'static routes by class', 'ipv4-list'],
  [34, 'trailer encapsulation', 'boolean'],
  [35, 'ARP cache time-out', 'u32'],
  [36, 'Ethernet encapsulation', 'boolean'],
  [37, 'TCP default time-to-live', 'u8'],
  [38, 'TCP keepalive interval', 'u32'],
  [39, 'TCP keepalive garbage', 'boolean'],
  [40, 'NIS domain', 'text'],
  [41, 'NIS servers', 'ipv4-list'],
  [42, 'NTP servers', 'ipv4-list'],
  [43, 'vendor-specific information', 'hex'],
  [44, 'NetBIOS name servers', 'ipv4-list'],
  [45, 'NetBIOS datagram distribution servers', 'ipv4-list'],
  [46, 'NetBIOS node type', 'u8'],
  [47, 'NetBIOS scope', 'text'],
  [48, 'X font servers', 'ipv4-list'],
  [49, 'X display managers', 'ipv4-list'],
  [64, 'NIS+ domain', 'text'],
  [65, 'NIS+ servers', 'ipv4-list'],
  [66, 'TFTP server name', 'text'],
  [67, 'boot file name', 'text'],
  [68, 'mobile IP home agents', 'ipv4-list'],
  [69, 'SMTP servers', 'ipv4-list'],
  [70, 'POP3 servers', 'ipv4-list'],
  [71, 'NNTP servers', 'ipv4-list'],
  [72, 'web servers', 'ipv4-list'],
  [73, 'Finger servers', 'ipv4-list'],
  [74, 'IRC servers', 'ipv4-list'],
  [75, 'StreetTalk servers', 'ipv4-list'],
  [76, 'STDA servers', 'ipv4-list'],
  [100, 'POSIX time zone (RFC 4833)', 'text'],
  [101, 'time zone name (RFC 4833)', 'text'],
  [108, 'IPv6-only preferred (RFC 8925)', 'u32'],
  [114, 'captive portal (RFC 8910)', 'text'],
  [116, 'auto-configuration (RFC 2563)', 'u8'],
  [119, 'domain search list (RFC 3397)', 'domain-list'],
  [121, 'classless static routes (RFC 3442)', 'routes'],
  [138, 'CAPWAP access controllers (RFC 5417)', 'ipv4-list'],
  [150, 'TFTP servers (RFC 5859)', 'ipv4-list'],
  [249, 'classless static routes of Windows', 'routes'],
  [252, 'proxy auto-configuration', 'text'],
];

/** Types that give the same octets in other words: one address is a list of one, a TFTP server may be given by address. */
const ALSO: Readonly<Partial<Record<OptionType, readonly OptionType[]>>> = {
  'ipv4-list': ['ipv4'],
  boolean: ['u8'],
};

const CATALOG = new Map<number, KnownOption>(
  ROWS.map(([code, name, type]) => {
    const types = new Set<OptionType>([type, ...(ALSO[type] ?? []), 'hex']);
    return [code, { name, types: [...types] }];
  }),
);

/** The registered meaning of an option number; undefined for one whose value may be of any type. */
export function knownOption(code: number): KnownOption | undefined {
  return CATALOG.get(code);
}

/** The type the value of a number is written in unless said otherwise. */
export function usualOptionType(code: number): OptionType {
  return knownOption(code)?.types[0] ?? 'hex';
}
