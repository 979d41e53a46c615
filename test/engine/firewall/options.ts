import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { FirewallOptions, PortForward } from '../../../src/engine/firewall/options.ts';

/** An ordinary office without forwards. */
export const OFFICE: FirewallOptions = {
  mode: 'firewall',
  wan: ['wan0'],
  lan: ['lan0'],
  lanNetworks: [parsePrefix4('192.168.77.1/24')],
  lanServices: [
    { name: 'dns', protocol: 'udp', port: 53 },
    { name: 'dns', protocol: 'tcp', port: 53 },
  ],
  publicServices: [{ name: 'smtp', protocol: 'tcp', port: 25 }],
  forwards: [],
  hairpin: true,
  pingFromWan: true,
  oneToOne: [],
  exposedHost: null,
  blocked: { macs: [], addresses: [] },
  logDropped: false,
  offload: [],
};

/** A forward of TCP port 8443 to the same port of 192.168.77.20 for everybody, with changes. */
export function forwardWith(changes: Partial<PortForward> = {}): PortForward {
  return {
    name: 'camera',
    protocol: 'tcp',
    port: { first: 8443, last: 8443 },
    to: parseIpv4('192.168.77.20'),
    toPort: null,
    from: [],
    enabled: true,
    ...changes,
  };
}
