import type { input } from 'zod';
import type { configSchema } from '../../src/config/schema.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { passwordHash } from './password-hash.ts';

/** A configuration as its file has it. */
export type ConfigFile = input<typeof configSchema>;

/** The people of the lab's office, and their passwords. */
export const PEOPLE = { alice: 'alice-has-a-cat', bob: 'bob-has-a-dog' } as const;

/** The address pc1 always gets, and the port of the WAN address that leads to its web server. */
export const PC1_ADDRESS = '192.168.77.20';
export const FORWARDED_PORT = 8081;

const users = Object.entries(PEOPLE).map(([name, password]) => ({ name, password: passwordHash(password) }));

/** The configuration of the default topology; each part given replaces that part whole. */
export function boxConfig(parts: Partial<ConfigFile> = {}): ConfigFile {
  return {
    version: 1,
    system: { name: 'gatepost', domain: NAMES.office },
    mode: 'firewall',
    wan: { device: 'wan0', ipv4: { method: 'dhcp' } },
    lan: { devices: ['lan0'], address: ADDRESSES.boxLanPrefix },
    firewall: {
      publicServices: ['smtp'],
      forwards: [
        { name: 'pc1-web', protocol: 'tcp', port: String(FORWARDED_PORT), to: PC1_ADDRESS, toPort: 80 },
      ],
    },
    dhcp: { reservations: [{ mac: ADDRESSES.pc1Mac, address: PC1_ADDRESS, name: 'pc1' }] },
    dns: { upstreams: [`udp://${ADDRESSES.isp}`] },
    users,
    // A sender's first attempt must get through: the lab shows delivery, and waits for nobody's retry.
    mail: {
      hostName: NAMES.mailHost,
      hygiene: { spf: false, dkim: false, dmarc: false, greylist: false, blockLists: [] },
    },
    ...parts,
  };
}
