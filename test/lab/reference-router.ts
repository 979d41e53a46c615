import { ADDRESSES, NAMES } from './addresses.ts';
import { dnsmasq } from './dnsmasq.ts';
import type { Namespace } from './namespace.ts';

const RULESET = `
table inet reference {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    iifname lan0 accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname lan0 oifname wan0 accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname wan0 masquerade
  }
}
`;

/**
 * Turns the `box` namespace into a router made of reference tools (ip, nft, dnsmasq): proves the lab without Gatepost,
 * and is what benches compare forwarding with.
 */
export async function startReferenceRouter(box: Namespace): Promise<void> {
  await box.ip('addr', 'add', `${ADDRESSES.boxWan}/24`, 'dev', 'wan0');
  await box.ip('route', 'add', 'default', 'via', ADDRESSES.isp);
  await box.ip('addr', 'add', ADDRESSES.boxLanPrefix, 'dev', 'lan0');
  await box.output(['nft', '-f', '-'], { input: RULESET });
  await box.sysctl('net.ipv4.ip_forward', 1);
  const options = [
    'log-dhcp',
    'no-hosts',
    'no-resolv',
    'bind-dynamic',
    'interface=lan0',
    `server=${ADDRESSES.isp}`,
    'dhcp-authoritative',
    'no-ping',
    `dhcp-leasefile=${box.file('leases')}`,
    'dhcp-range=192.168.77.2,192.168.77.100,12h',
    `domain=${NAMES.office}`,
  ];
  const server = box.start('dnsmasq', dnsmasq(options));
  await server.line(/started, version/);
}
