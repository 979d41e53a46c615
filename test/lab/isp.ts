import { ADDRESSES, NAMES } from './addresses.ts';
import { dnsmasq } from './dnsmasq.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

export interface IspOptions {
  /** Address the box gets by DHCP, and under which the office's names are published. */
  readonly boxWan?: string;
  /** As dnsmasq writes it; its least is two minutes. */
  readonly leaseTime?: string;
  /** Further dnsmasq options, without the dashes. */
  readonly extra?: readonly string[];
}

/**
 * The provider: DHCP server of the WAN segment and name server of a small Internet. It forwards packets, but has no
 * route to the office's LAN, so only what the box translates to its WAN address ever gets an answer.
 */
export class Isp {
  readonly namespace: Namespace;
  readonly dnsmasq: Program;

  private constructor(namespace: Namespace, dnsmasq: Program) {
    this.namespace = namespace;
    this.dnsmasq = dnsmasq;
  }

  static async start(namespace: Namespace, options: IspOptions = {}): Promise<Isp> {
    const isp = new Isp(namespace, namespace.start('dnsmasq', dnsmasq(settings(namespace, options))));
    await isp.dnsmasq.line(/started, version/);
    return isp;
  }
}

function settings(namespace: Namespace, options: IspOptions): string[] {
  const { boxWan = ADDRESSES.boxWan, leaseTime = '1h', extra = [] } = options;
  return [
    'log-dhcp',
    'log-queries',
    'no-hosts',
    'no-resolv',
    // Unknown names do not exist, instead of being refused; records live long enough to be cached.
    'local=/#/',
    'local-ttl=300',
    'bind-dynamic',
    'interface=wan',
    'interface=core',
    'no-dhcp-interface=core',
    `dhcp-leasefile=${namespace.file('leases')}`,
    'dhcp-authoritative',
    'no-ping',
    `dhcp-range=203.0.113.60,203.0.113.99,${leaseTime}`,
    `dhcp-host=${ADDRESSES.boxWanMac},${boxWan},${leaseTime}`,
    `host-record=isp.example,${ADDRESSES.isp}`,
    `host-record=${NAMES.elsewhereWeb},${ADDRESSES.world}`,
    `host-record=${NAMES.elsewhereMail},${ADDRESSES.world}`,
    `mx-host=${NAMES.elsewhere},${NAMES.elsewhereMail},10`,
    `txt-record=${NAMES.elsewhere},v=spf1 ip4:${ADDRESSES.world} -all`,
    `host-record=${NAMES.mailHost},${boxWan}`,
    `mx-host=${NAMES.office},${NAMES.mailHost},10`,
    // The box asks this one whether the Internet is there.
    `host-record=pool.ntp.org,${ADDRESSES.world}`,
    ...extra,
  ];
}
